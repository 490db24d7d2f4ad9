// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// One result: a bar to filter, sort, copy, chart and export, the grid, what is selected summed up below it, and the
/// cell viewer at its right. Everything that reads many rows runs in the background and can be cancelled. GUI thread.

#include "app/core/results/cell_summary.h"
#include "app/core/results/result_export.h"
#include "app/core/results/row_arranger.h"
#include "app/core/thread/background_task.h"

#include <QTimer>
#include <QWidget>
#include <optional>
#include <string>

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
    /// The same statement, filtered and sorted by the server, begins: the bar keeps saying how.
    void setArrangedResult(std::shared_ptr<const app::ResultStore> store);
    void refreshColumns();
    void refreshRows();
    /// All rows have come: those that came since are arranged, too.
    void finish();

    /// A sentence above the grid, for as long as this result is shown; empty hides it.
    void setNote(const QString& sentence);

    void setPinned(bool is_pinned);

    /// Filters and sorts anew, here or on the server, as chosen.
    void arrange();
    void sortBy(int store_column, Qt::SortOrder order);
    void copyAs(app::ExportOptions options);
    /// Asks for a file. Writes the selected cells when more than one is selected, else all shown rows and columns.
    void askForExport();
    /// Into a file that appears when it is complete; the format is that of the name's ending.
    void exportTo(const QString& path);
    /// Marks the cells that differ from the other's, row by row, columns by their names.
    void compareWith(const app::ResultView& other, const QString& name);

    /// What the strip below the grid says.
    QString summaryText() const;
    /// How the rows are arranged, and where.
    QString arrangementText() const;

  Q_SIGNALS:
    void serverRunRequested(const QString& sql);
    void pinRequested();
    void compareMenuRequested(QMenu* menu);

  private:
    void buildBar();
    void buildStrip();
    void buildShortcuts();
    void fillCopyMenu(QMenu& menu);
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
    app::RowFilter filter_;
    std::optional<app::RowSort> sort_;
    /// The rows are as the server arranged them.
    bool is_server_arranged_ = false;
    bool is_finished_ = false;

    QWidget* bar_;
    QLineEdit* filter_field_;
    QComboBox* place_;
    QLabel* arrangement_;
    QToolButton* pin_;
    QLabel* note_;
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
    QTimer selection_pause_;
    QTimer work_clock_;
    QString work_text_;
    app::BackgroundTask arranging_;
    app::BackgroundTask summing_;
    /// Copying, exporting, comparing.
    app::BackgroundTask working_;
};

}  // namespace tessera::workbench
