// SPDX-License-Identifier: GPL-3.0-or-later
// ResultPage's exports: what is asked of the person, and the writing in the background.
#include "app/core/output/text_writers.h"
#include "app/core/results/query_export.h"
#include "app/core/sql/explain.h"
#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/plugin/plugin_writer.h"
#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/export_dialog.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/results/results_panel.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QToolButton>

namespace tessera::workbench {

namespace {

/// The file written last in this session: the next one is proposed beside it, in its format.
QString& lastExport() {
    static QString path;
    return path;
}

QString proposedPath() {
    const QFileInfo last(lastExport());
    QString folder =
        last.filePath().isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) : last.path();
    if (!QFileInfo(folder).isDir()) {
        folder = QDir::homePath();
    }
    const QString suffix = last.suffix().isEmpty() ? QStringLiteral("csv") : last.suffix();
    QString path;
    for (int number = 1; path.isEmpty() || QFileInfo::exists(path); ++number) {
        path = QDir(folder).filePath(number == 1 ? QStringLiteral("result.%1").arg(suffix)
                                                 : QStringLiteral("result-%1.%2").arg(number).arg(suffix));
    }
    return path;
}

app::ExportOptions optionsOf(const QFileInfo& file) {
    return {exportFormatOf(file.suffix()), app::quotedIdentifier(file.completeBaseName().toStdString())};
}

}  // namespace

bool ResultPage::canRunAgain() const {
    const auto explained = app::explainPrefixFor(source_request_.sql, true);
    // What may be measured by running it may be run.
    return source_ && explained && explained->is_measured;
}

void ResultPage::setSource(std::shared_ptr<client::StatementExecutor> executor, client::QueryRequest request) {
    source_ = std::move(executor);
    source_request_ = std::move(request);
}

app::CellSelection ResultPage::shownCells() const {
    app::CellSelection cells = app::CellSelection::everything(grid_->view());
    cells.columns = grid_->shownStoreColumns();
    return cells;
}

void ResultPage::askForExport() {
    const app::ResultView view = grid_->view();
    if (!view.store || !view.store->columns()) {
        return;
    }
    ExportDialog::Offer offer{view, shownCells(), {}, canRunAgain(), !is_finished_};
    if (grid_->selection().cellCount() > 1) {
        offer.selection = selectedCells(*grid_);
    }
    const auto selection = offer.selection;
    auto* dialog = new ExportDialog(std::move(offer), proposedPath(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, selection] {
        lastExport() = dialog->path();
        switch (dialog->scope()) {
            case ExportDialog::Scope::kSelection:
                exportTo(dialog->path(), *selection);
                break;
            case ExportDialog::Scope::kShown:
                exportTo(dialog->path(), shownCells());
                break;
            case ExportDialog::Scope::kWholeQuery:
                exportQueryTo(dialog->path());
                break;
        }
    });
    dialog->open();
}

void ResultPage::exportQueryTo(const QString& path) {
    if (!canRunAgain()) {
        return;
    }
    const QFileInfo file(path);
    export_text_ = tr("Exporting the whole query to %1…").arg(file.fileName());
    exporting_.start(
        [source = source_, request = source_request_, options = optionsOf(file), name = path.toStdString()](
            app::TaskControl& control) { return app::exportQuery(*source, request, options, name, control); },
        [this, path](const Result<std::uint64_t>& rows) { endExport(rows, path); });
    tick();
}

void ResultPage::exportTo(const QString& path, app::CellSelection cells) {
    const app::ResultView view = grid_->view();
    if (!view.store || !view.store->columns()) {
        return;
    }
    const QFileInfo file(path);
    export_text_ = tr("Exporting %1 to %2…").arg(rowsText(cells.rowCount()), file.fileName());
    ExporterPlugin* plugin = PluginRegistry::ofProcess().exporterFor(file.suffix());
    exporting_.start(
        [view, cells = std::move(cells), options = optionsOf(file), plugin,
         name = path.toStdString()](app::TaskControl& control) {
            const auto make = [plugin](app::Output& output) { return std::make_unique<PluginWriter>(*plugin, output); };
            return plugin != nullptr ? app::exportCellsBy(view, cells, app::WriterFactory(make), name, control)
                                     : app::exportCells(view, cells, options, name, control);
        },
        [this, path](const Result<std::uint64_t>& rows) { endExport(rows, path); });
    tick();
}

void ResultPage::endExport(const Result<std::uint64_t>& rows, const QString& path) {
    if (rows) {
        work_text_ = tr("Exported %1 to %2").arg(rowsText(*rows), QFileInfo(path).fileName());
    } else {
        const Error& error = rows.error();
        work_text_ = QString::fromStdString(error.hint.empty() ? error.message : error.message + ": " + error.hint);
    }
    tick();
    exported_path_ = rows ? path : QString();
    open_folder_->setToolTip(path);
    open_folder_->setVisible(rows.has_value());
}

}  // namespace tessera::workbench
