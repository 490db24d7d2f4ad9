// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// One result: a bar to filter, sort, copy, chart and export, the grid, what is selected summed up below it, and the
/// cell viewer at its right. Everything that reads many rows runs in the background and can be cancelled. GUI thread.

#include "app/core/edit/edit_target.h"
#include "app/core/edit/row_changes.h"
#include "app/core/results/cell_summary.h"
#include "app/core/results/result_export.h"
#include "app/core/results/row_arranger.h"
#include "app/core/thread/background_task.h"
#include "app/workbench/results/grid_selection.h"
#include "nodeservice/client/node_client.h"

#include <QTimer>
#include <QWidget>
#include <optional>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace tessera::workbench {

class CellViewer;
class ChartView;
class FindBar;
class ResultGrid;

class ResultPage : public QWidget {
    Q_OBJECT

  public:
    explicit ResultPage(QWidget* parent = nullptr);

    ResultGrid& grid() { return *grid_; }

    CellViewer& viewer() { return *viewer_; }

    ChartView& chart() { return *chart_; }

    /// The chart in the place of the grid.
    void showChart(bool is_shown);

    /// The rows of a statement that begins: `sql` is what the server runs again to filter or sort there.
    void setResult(std::shared_ptr<const app::ResultStore> store, const std::string& sql);
    /// What runs the statement again, for an export of all its rows that passes the store by.
    void setSource(std::shared_ptr<client::StatementExecutor> executor, client::QueryRequest request);
    /// Where the cells can be changed, or why not; `node` is theirs. Until the next result.
    void setEditTarget(Result<app::EditTarget> target, std::shared_ptr<client::NodeClient> node);

    /// All rows have come, and they are those of a table that can be changed.
    bool isEditable() const { return target_.has_value(); }

    bool hasChanges() const { return !changes_.isEmpty(); }

    const app::RowChanges& changes() const { return changes_; }

    /// The cell is to have that value, which counts when it is applied.
    void changeCell(GridCell cell, app::CellValue value);
    void discardChanges();
    /// What applyRequested() asked for has ended; `row` of them could not be changed.
    void applied(const std::optional<Error>& error, std::size_t row);
    /// The same statement, filtered and sorted by the server, begins: the bar keeps saying how.
    void setArrangedResult(std::shared_ptr<const app::ResultStore> store);
    void refreshColumns();
    void refreshRows();
    /// All rows have come: those that came since are arranged, too.
    void finish();

    /// A sentence above the grid, for as long as this result is shown; empty hides it. With something to do about it:
    /// noteActionTriggered().
    void setNote(const QString& sentence, const QString& action = {});

    void setPinned(bool is_pinned);

    /// Filters and sorts anew, here or on the server, as chosen.
    void arrange();
    void sortBy(int store_column, Qt::SortOrder order);
    void copyAs(app::ExportOptions options);
    /// Asks what, how and where to, and writes it.
    void askForExport();
    /// The format of a file is that of its name's ending; it appears when it is complete.
    void exportTo(const QString& path, app::CellSelection cells);
    /// Runs the statement again and writes its rows as they come.
    void exportQueryTo(const QString& path);
    /// Marks the cells that differ from the other's, row by row, columns by their names.
    void compareWith(const app::ResultView& other, const QString& name);

    /// What the strip below the grid says.
    QString summaryText() const;
    /// How the rows are arranged, and where.
    QString arrangementText() const;

  Q_SIGNALS:
    void serverRunRequested(const QString& sql);
    void pinRequested();
    void noteActionTriggered();
    /// One statement a row, all or none.
    void applyRequested(const std::shared_ptr<tessera::client::NodeClient>& node,
                        const std::vector<tessera::client::QueryRequest>& rows);
    void compareMenuRequested(QMenu* menu);

  private:
    void buildBar();
    void buildNote();
    void buildStrip();
    void buildShortcuts();
    void buildEditBar();
    void updateEditBar();
    void editCell(const QString& typed);
    /// Says why not, if so.
    bool canEdit(int store_column);
    void review();
    void apply();
    /// "id = 7".
    QString keyText(const std::vector<app::CellValue>& row) const;
    Result<std::vector<app::CellValue>> rowAt(std::uint64_t store_row) const;
    void fillCopyMenu(QMenu& menu);
    /// Whether the statement can be run again without changing anything.
    bool canRunAgain() const;
    void endExport(const Result<std::uint64_t>& rows, const QString& path);
    /// All rows and columns as they are shown.
    app::CellSelection shownCells() const;
    void showColumnMenu(int column, const QPoint& global_position);
    void showRowMenu(const QPoint& global_position);
    void showArrangement();
    void clearArrangement();
    void summarizeSelection();
    void showStatistics(int store_column);
    void showSummary(const QString& of, const Result<app::CellSummary>& summary);
    void showCell();
    void tick();

    std::string sql_;
    std::shared_ptr<client::StatementExecutor> source_;
    client::QueryRequest source_request_;
    app::RowFilter filter_;
    std::optional<app::RowSort> sort_;
    /// The rows are as the server arranged them.
    bool is_server_arranged_ = false;
    bool is_finished_ = false;

    std::optional<app::EditTarget> target_;
    std::shared_ptr<client::NodeClient> target_node_;
    QString edit_refusal_;
    app::RowChanges changes_;
    bool is_applying_ = false;

    QWidget* edit_bar_ = nullptr;
    QLabel* edit_label_ = nullptr;
    QPushButton* review_ = nullptr;
    QWidget* bar_;
    QLineEdit* filter_field_;
    QComboBox* place_;
    QLabel* arrangement_;
    QToolButton* pin_;
    QWidget* note_bar_;
    QLabel* note_;
    QPushButton* note_action_;
    FindBar* find_bar_;
    ResultGrid* grid_;
    ChartView* chart_;
    QToolButton* chart_button_;
    QStackedWidget* views_;
    CellViewer* viewer_;
    QSplitter* splitter_;
    QLabel* summary_;
    QLabel* work_;
    QPushButton* cancel_;
    /// Of the file written last.
    QToolButton* open_folder_;
    QString exported_path_;
    QTimer selection_pause_;
    QTimer work_clock_;
    QString work_text_;
    QString export_text_;
    app::BackgroundTask arranging_;
    app::BackgroundTask summing_;
    /// Copying, comparing.
    app::BackgroundTask working_;
    /// Goes on when the page shows another result.
    app::BackgroundTask exporting_;
};

}  // namespace tessera::workbench
