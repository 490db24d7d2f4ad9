// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's saved queries and snippets, and how its editors are set.
#include "app/workbench/editor/file_link.h"
#include "app/workbench/library/keep_query_dialog.h"
#include "app/workbench/library/queries_panel.h"
#include "app/workbench/palette/palette_model.h"
#include "app/workbench/shell/main_window.h"

#include <QAction>
#include <QDockWidget>
#include <QFileInfo>
#include <QPointer>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabWidget>

namespace tessera::workbench {

void MainWindow::buildLibrary() {
    auto* panel = new QueriesPanel(library_);
    queries_dock_ = new QDockWidget(tr("Saved queries"), this);
    queries_dock_->setObjectName(QStringLiteral("queriesDock"));
    queries_dock_->setFeatures(QDockWidget::DockWidgetClosable);
    queries_dock_->setTitleBarWidget(new QWidget(queries_dock_));
    queries_dock_->setWidget(panel);
    addDockWidget(Qt::RightDockWidgetArea, queries_dock_);
    queries_dock_->hide();
    connect(panel, &QueriesPanel::openRequested, this, &MainWindow::openSavedQuery);
    connect(panel, &QueriesPanel::keepRequested, this, [this](qint64 folder) {
        if (currentTab() != nullptr) {
            keepQuery(currentTab(), folder);
        }
    });
    connect(keep_query_, &QAction::triggered, this, [this] {
        if (currentTab() != nullptr) {
            keepQuery(currentTab(), 0);
        }
    });
    connect(&library_, &app::Library::changed, this, &MainWindow::takeLibrary);
    connect(&library_, &app::Library::failed, this,
            [this](const QString& reason) { statusBar()->showMessage(reason); });
    connect(&editor_settings_, &EditorSettings::changed, this, [this] {
        for (QueryTab* tab : queryTabs()) {
            applyEditorOptions(tab);
        }
    });
}

void MainWindow::takeLibrary() {
    for (QueryTab* tab : queryTabs()) {
        tab->assistant().setSnippets(library_.items());
        // Renamed in the panel, or by another workbench.
        const app::LibraryItem* query = library_.find(tab->file().savedQuery());
        if (query != nullptr && query->name != tab->title()) {
            tab->setTitle(query->name);
            tabs_->setTabText(tabs_->indexOf(tab), titleOf(*tab));
        }
    }
}

void MainWindow::applyEditorOptions(QueryTab* tab) {
    tab->editor().applyOptions(editor_settings_.options());
    tab->assistant().applyOptions(editor_settings_.options());
    tab->assistant().setSnippets(library_.items());
}

void MainWindow::openSavedQuery(qint64 query) {
    for (QueryTab* tab : queryTabs()) {
        if (tab->file().savedQuery() == query) {
            tabs_->setCurrentWidget(tab);
            tab->setFocus();
            return;
        }
    }
    const app::LibraryItem* item = library_.find(query);
    if (item == nullptr) {
        return;
    }
    app::Draft draft{item->name, item->text, item->note};
    draft.saved_query = item->id;
    draft.revision = item->revision;
    addTab(draft);
    touchJournal();
}

void MainWindow::keepQuery(QueryTab* tab, qint64 folder) {
    auto* dialog = new KeepQueryDialog(library_, tab->title(), folder, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, tab, [this, tab, dialog] {
        const QString name = dialog->name();
        const auto kept = [tab = QPointer<QueryTab>(tab), name, as_of = tab->file().textRevision()](qint64 id,
                                                                                                    qint64 revision) {
            // A file stays a file: what was kept is a copy of it.
            if (tab && id != 0 && tab->file().path().isEmpty()) {
                tab->setTitle(name);
                tab->file().setSavedQuery(id, revision, as_of);
            }
        };
        library_.add({0, app::LibraryItem::Kind::kQuery, dialog->folder(), name, tab->editor().text(), tab->nodeName()},
                     kept);
    });
    dialog->open();
}

void MainWindow::saveQuery(QueryTab* tab) {
    const auto kept = [this, tab = QPointer<QueryTab>(tab), as_of = tab->file().textRevision()](qint64 id,
                                                                                                qint64 revision) {
        if (!tab) {
            return;
        }
        if (id == 0) {
            tab->file().keepingFailed();
            return;
        }
        const app::LibraryItem* query = library_.find(id);
        if (id != tab->file().savedQuery() && query != nullptr) {
            statusBar()->showMessage(
                tr("Another workbench had changed or deleted it: your text is kept as “%1”.").arg(query->name));
        }
        tab->setTitle(query != nullptr ? query->name : tab->title());
        tab->file().setSavedQuery(id, revision, as_of);
    };
    library_.setText(tab->file().savedQuery(), tab->editor().text(), tab->nodeName(), tab->file().revision(), kept);
}

std::vector<PaletteEntry> MainWindow::documents() {
    std::vector<PaletteEntry> entries;
    for (const app::LibraryItem& item : library_.items()) {
        if (item.kind == app::LibraryItem::Kind::kQuery) {
            PaletteEntry entry;
            entry.kind = PaletteEntry::Kind::kDocument;
            entry.title = item.name;
            entry.place = folderPath(library_, item);
            entry.note = tr("saved query");
            entry.words = item.text;
            entry.open = [this, id = item.id] { openSavedQuery(id); };
            entries.push_back(std::move(entry));
        }
    }
    for (const QString& file : recentFiles()) {
        PaletteEntry entry;
        entry.kind = PaletteEntry::Kind::kDocument;
        entry.title = QFileInfo(file).fileName();
        entry.place = QFileInfo(file).path();
        entry.note = tr("recent file");
        entry.open = [this, file] { openFile(file); };
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace tessera::workbench
