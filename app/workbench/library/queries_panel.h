// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Saved queries: found by their words, opened, renamed, dragged into folders, deleted; and the last change taken back.
/// GUI thread.

#include "app/workbench/library/queries_model.h"

#include <QSet>
#include <QWidget>

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QTreeView;

namespace tessera::workbench {

class EmptyState;

class QueriesPanel : public QWidget {
    Q_OBJECT

  public:
    /// `library` outlives it.
    explicit QueriesPanel(app::Library& library, QWidget* parent = nullptr);

    QTreeView& tree() { return *tree_; }

    QueriesModel& model() { return model_; }

  Q_SIGNALS:
    void openRequested(qint64 query);
    /// The text of the current tab is to be kept, in this folder.
    void keepRequested(qint64 folder);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QAction* addAction(const char* object_name, const QString& text, const QKeySequence& key,
                       const std::function<void()>& run);
    void beforeReset();
    void afterReset();
    void updateState();
    void open(const QModelIndex& index);
    void newFolder();
    void removeCurrent();
    /// The current folder, or that of the current query.
    qint64 currentFolder() const;

    app::Library& library_;
    QueriesModel model_;
    QLineEdit* search_;
    QTreeView* tree_;
    EmptyState* empty_;
    QLabel* undo_label_;
    QPushButton* undo_button_;
    QAction* open_ = nullptr;
    QAction* rename_ = nullptr;
    QAction* remove_ = nullptr;
    QAction* undo_ = nullptr;
    QSet<qint64> expanded_;
    qint64 current_ = 0;
    /// Made here, and to be named as soon as it stands in the tree.
    qint64 to_name_ = 0;
};

}  // namespace tessera::workbench
