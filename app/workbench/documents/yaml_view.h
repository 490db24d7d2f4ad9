// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A file that is being written as the text that it is, in YAML, and what is wrong with it. GUI thread.

#include "app/core/documents/document_draft.h"

#include <QWidget>
#include <functional>
#include <string>

class QPlainTextEdit;

namespace tessera::workbench {

class YamlView : public QWidget {
    Q_OBJECT

  public:
    struct Access {
        /// The text as it is shown when nobody is typing it.
        std::function<std::string()> read;
        std::function<void(const std::string& text)> write;
    };

    YamlView(app::DocumentDraft& draft, const QString& accessible_name, Access access, QWidget* parent = nullptr);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    class Colors;

    void showText();

    const Access access_;
    QPlainTextEdit* text_;
    Colors* colors_;
    bool is_typing_ = false;
    bool is_showing_ = false;
};

}  // namespace tessera::workbench
