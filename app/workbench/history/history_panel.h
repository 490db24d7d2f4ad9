// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What was run, newest first: a search field, the list, and the whole text of the chosen entry. It runs nothing.
/// GUI thread.

#include "app/core/history/history.h"

#include <QTimer>
#include <QWidget>
#include <vector>

class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;

namespace tessera::workbench {

class HistoryPanel : public QWidget {
    Q_OBJECT

  public:
    static constexpr int kShown = 500;

    /// `history` outlives the panel.
    explicit HistoryPanel(app::History& history, QWidget* parent = nullptr);

    QListWidget& list() { return *list_; }

  Q_SIGNALS:
    /// The person wants the text in a tab.
    void openRequested(const QString& node, const QString& sql);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void refresh();
    void showEntries(std::vector<app::HistoryEntry> entries);
    void showCurrent();
    void openCurrent();

    app::History& history_;
    std::vector<app::HistoryEntry> entries_;
    QLineEdit* search_;
    QListWidget* list_;
    QPlainTextEdit* preview_;
    QPushButton* open_;
    QTimer delay_;
    /// Answers to older questions are dropped.
    std::uint64_t question_ = 0;
};

}  // namespace tessera::workbench
