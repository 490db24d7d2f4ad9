// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a table's columns hold: NULLs, different values, the least and greatest, the most common. By the node's
/// statistics when it is first looked at; counted by reading the table when the person asks, column by column, and
/// stopped at any time. GUI thread; never waits.

#include "app/core/catalog/column_statistics.h"

#include <QWidget>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QPushButton;
class QProgressBar;
class QTreeView;

namespace tessera::workbench {

class NoteLabel;

class StatisticsView : public QWidget {
    Q_OBJECT

  public:
    /// `client`: the node's; null where it is not in the mesh.
    using Client = std::function<std::shared_ptr<client::NodeClient>()>;

    explicit StatisticsView(Client client, QWidget* parent = nullptr);

    /// Of a table that was read, perhaps again: then what is shown is asked for anew.
    void setFacts(const app::TableFacts& facts);

    /// Reads the table.
    void count();
    void stop();

  protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    void readKept();
    void onCounted(const Result<app::RowsQuery::Rows>& rows);
    void countCommon(std::size_t column);
    void finish(const QString& note, bool is_problem);
    void showAll();
    QString keptNote() const;

    const Client client_;
    std::optional<app::TableFacts> facts_;
    bool is_kept_read_ = false;
    std::vector<app::ColumnStatistics> shown_;
    double rows_ = 0;
    app::RowsQuery kept_;
    app::RowsQuery counting_;
    NoteLabel* note_;
    QProgressBar* progress_;
    QPushButton* count_;
    QPushButton* stop_;
    QTreeView* table_;
};

}  // namespace tessera::workbench
