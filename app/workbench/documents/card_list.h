// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The items of a list in a file that is being written, one below the other, each with its fields and a button that
/// removes it. GUI thread.

#include "app/core/documents/document_draft.h"

#include <QWidget>
#include <functional>
#include <string>
#include <vector>

class QLabel;
class QVBoxLayout;

namespace tessera::workbench {

class DraftForm;

class CardList : public QWidget {
    Q_OBJECT

  public:
    struct Texts {
        /// What stands there when there are no items.
        QString empty;
        QString add;
        QString remove;
    };

    /// `fill` makes the fields of an item's form; `begin` writes a new item at its path.
    CardList(app::DocumentDraft& draft, std::string key, Texts texts, std::function<void(DraftForm&)> fill,
             std::function<void(app::YamlDocument&, const std::string& path)> begin, QWidget* parent = nullptr);

  private:
    void showAll();
    void addCard(std::size_t position);

    app::DocumentDraft& draft_;
    const std::string key_;
    const Texts texts_;
    const std::function<void(DraftForm&)> fill_;
    QVBoxLayout* cards_layout_;
    QLabel* empty_;
    std::vector<QWidget*> cards_;
};

}  // namespace tessera::workbench
