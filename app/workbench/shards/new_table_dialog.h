// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Declares a sharded table: its name, the tables of the mesh that it is made of, what decides where a row goes and
/// which rows each has. A node tries it out while it is written, and what it has against it stands beside the field it
/// is about. Declaring is followed to its end and can be undone. As the person themself. GUI thread; never waits.

#include "app/core/session/query_session.h"
#include "app/core/shards/new_sharded_table.h"
#include "app/core/shards/shards_watch.h"

#include <QDialog>
#include <QTimer>
#include <memory>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace tessera::workbench {

class NoteLabel;
class PlacePicker;
class ShardList;

class NewTableDialog : public QDialog {
    Q_OBJECT

  public:
    /// `watch`: whose mesh it is, and which nodes serve what; outlives the dialog.
    NewTableDialog(app::ShardsWatch& watch, QWidget* parent);

    /// As the fields have it.
    app::NewShardedTable table() const;

  Q_SIGNALS:
    /// There is another shard map.
    void changed();
    void queryRequested(const QString& node, const QString& sql);

  private:
    enum class Step { kWriting, kDeclaring, kDeclared, kDropping };

    QWidget* buildFields();
    QWidget* buildColumns();
    QWidget* buildButtons();
    void connectAll();
    void onPlaces();
    void showColumns(const Result<app::RowsQuery::Rows>& rows);
    void onColumnChanged(QTreeWidgetItem* item, int column);
    void onEdited();
    void tryOut();
    void declare();
    void undo();
    void onDeclaring();
    void showProgress();
    void setStep(Step step);
    void showProblems(const std::vector<app::ShardingProblem>& problems);
    std::shared_ptr<client::NodeClient> asked() const;

    app::ShardsWatch& watch_;
    Step step_ = Step::kWriting;
    /// In the order in which they were chosen, which is theirs.
    QStringList shard_by_;
    QStringList key_;
    /// Whose columns are shown: "a/crm.orders".
    QString columns_of_;
    /// Of a node, about what is shown now.
    bool is_tried_ = false;
    QTimer try_timer_;
    QTimer progress_timer_;
    app::RowsQuery columns_query_;
    app::RowsQuery trying_;
    app::RowsQuery dropping_;
    app::QuerySession declaring_;
    QStringList warnings_;

    QWidget* fields_ = nullptr;
    QLineEdit* name_;
    NoteLabel* name_note_;
    QComboBox* method_;
    NoteLabel* method_note_;
    QTreeWidget* columns_;
    NoteLabel* shard_by_note_;
    NoteLabel* key_note_;
    QLineEdit* readers_;
    QLineEdit* writers_;
    NoteLabel* rights_note_;
    QCheckBox* check_rows_;
    PlacePicker* picker_;
    ShardList* shards_;
    NoteLabel* shards_note_;
    QPlainTextEdit* statement_;
    QProgressBar* progress_;
    NoteLabel* note_;
    QPushButton* declare_;
    QPushButton* undo_;
    QPushButton* query_;
    QPushButton* close_;
};

}  // namespace tessera::workbench
