// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Where the comment of a table or of one of its columns is written: a field below the page's head, which goes when it
/// was saved. What was written stays until the node took it. GUI thread.

#include "app/core/session/rows_query.h"

#include <QWidget>
#include <functional>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace tessera::workbench {

class NoteLabel;

class CommentEditor : public QWidget {
    Q_OBJECT

  public:
    using Statement = std::function<QString(const QString& text)>;

    explicit CommentEditor(QWidget* parent = nullptr);

    /// `statement` makes what is run of the text.
    void open(const QString& title, const QString& text, std::shared_ptr<client::NodeClient> node, Statement statement);

  Q_SIGNALS:
    void saved();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void save();
    void leave();

    QLabel* title_;
    QPlainTextEdit* text_;
    NoteLabel* problem_;
    QPushButton* save_;
    std::shared_ptr<client::NodeClient> node_;
    Statement statement_;
    app::RowsQuery query_;
};

}  // namespace tessera::workbench
