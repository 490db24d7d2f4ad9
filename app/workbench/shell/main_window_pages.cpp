// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's tabs that are not queries: pages of tables, of schemas, of the mesh.
#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/catalog/add_source_dialog.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/catalog/schema_page.h"
#include "app/workbench/endpoints/endpoint_editor.h"
#include "app/workbench/endpoints/endpoints_page.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/jobs/editor/job_editor.h"
#include "app/workbench/jobs/jobs_page.h"
#include "app/workbench/shell/main_window.h"

#include <QApplication>
#include <QDockWidget>
#include <QFileInfo>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QTreeView>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr auto kRecentKey = "mesh/recent";

}  // namespace

void MainWindow::addPage(QWidget* page, const QString& title, const QString& tooltip) {
    page->setAccessibleName(title);
    const int index = tabs_->addTab(page, title);
    tabs_->setTabToolTip(index, tooltip);
    addCloseButton(index, page);
    tabs_->setCurrentIndex(index);
    centre_->setCurrentWidget(tabs_);
}

std::optional<app::PageDraft> MainWindow::pageDraft(int tab) const {
    const bool is_current = tab == tabs_->currentIndex();
    if (const auto* table = qobject_cast<ObjectPage*>(tabs_->widget(tab))) {
        const app::CatalogModel::TablePlace& place = table->place();
        return app::PageDraft{QStringLiteral("table"), place.node, place.schema, place.table, tab, is_current};
    }
    if (const auto* schema = qobject_cast<SchemaPage*>(tabs_->widget(tab))) {
        return app::PageDraft{QStringLiteral("schema"), schema->node(), schema->schema(), {}, tab, is_current};
    }
    if (qobject_cast<MeshPage*>(tabs_->widget(tab)) != nullptr) {
        return app::PageDraft{QStringLiteral("mesh"), {}, {}, {}, tab, is_current};
    }
    if (qobject_cast<JobsPage*>(tabs_->widget(tab)) != nullptr) {
        return app::PageDraft{QStringLiteral("jobs"), {}, {}, {}, tab, is_current};
    }
    if (qobject_cast<EndpointsPage*>(tabs_->widget(tab)) != nullptr) {
        return app::PageDraft{QStringLiteral("endpoints"), {}, {}, {}, tab, is_current};
    }
    return std::nullopt;
}

void MainWindow::restorePages() {
    if (pages_to_restore_.empty()) {
        return;
    }
    QWidget* current = tabs_->currentWidget();
    QWidget* focus = QApplication::focusWidget();
    // A page asks its node when it is shown: none is, while they are put in.
    tabs_->hide();
    for (const app::PageDraft& page : std::exchange(pages_to_restore_, {})) {
        if (page.kind == QLatin1String("table")) {
            openObject({page.node, page.schema, page.table});
        } else if (page.kind == QLatin1String("schema")) {
            openDiagram(page.node, page.schema);
        } else if (page.kind == QLatin1String("mesh")) {
            openMeshPage(false);
        } else if (page.kind == QLatin1String("jobs")) {
            openJobsPage();
        } else if (page.kind == QLatin1String("endpoints")) {
            openEndpointsPage();
        } else {
            continue;  // of a later version
        }
        QWidget* restored = tabs_->currentWidget();
        tabs_->tabBar()->moveTab(tabs_->currentIndex(), std::clamp(page.position, 0, tabs_->count() - 1));
        current = page.is_current ? restored : current;
        tabs_->setCurrentWidget(current);
    }
    tabs_->show();
    if (focus != nullptr) {
        focus->setFocus();
    }
}

QStringList MainWindow::recentMeshFiles() const {
    QStringList files = settings_.value(QLatin1String(kRecentKey)).toStringList();
    files.removeIf([](const QString& file) { return !QFileInfo::exists(file); });
    return files;
}

void MainWindow::openMeshFile(const QString& file) {
    constexpr qsizetype kKept = 10;
    QStringList files = settings_.value(QLatin1String(kRecentKey)).toStringList();
    files.removeAll(file);
    files.prepend(file);
    settings_.setValue(QLatin1String(kRecentKey), files.mid(0, kKept));
    options_.mesh_file = file.toStdString();
    loadMesh();
}

void MainWindow::openObject(const app::CatalogModel::TablePlace& place) {
    for (int i = 0; i < tabs_->count(); ++i) {
        const auto* page = qobject_cast<ObjectPage*>(tabs_->widget(i));
        if (page != nullptr && page->place() == place) {
            tabs_->setCurrentIndex(i);
            return;
        }
    }
    auto* page = new ObjectPage(place, mesh_, jobNodes(), endpointNodes(), tabs_);
    connect(page, &ObjectPage::endpointsRequested, this, &MainWindow::openEndpointsPage);
    connect(page, &ObjectPage::jobRequested, this, &MainWindow::openJob);
    connect(page, &ObjectPage::queryRequested, this, &MainWindow::openQuery);
    connect(page, &ObjectPage::detailsRequested, this, &MainWindow::openObject);
    connect(page, &ObjectPage::tagChosen, this, [this](const QString& tag) {
        catalog_dock_->show();
        catalog_->search(tag);
    });
    addPage(page, place.table, tr("%1 on %2").arg(app::qualifiedName(place.schema, place.table), place.node));
    page->sections().setFocus();
}

void MainWindow::openDiagram(const QString& node, const QString& schema) {
    for (int i = 0; i < tabs_->count(); ++i) {
        const auto* page = qobject_cast<SchemaPage*>(tabs_->widget(i));
        if (page != nullptr && page->node() == node && page->schema() == schema) {
            tabs_->setCurrentIndex(i);
            return;
        }
    }
    auto* page = new SchemaPage(node, schema, names_, tabs_);
    connect(page, &SchemaPage::detailsRequested, this, &MainWindow::openObject);
    addPage(page, tr("Keys of %1").arg(schema), tr("%1 on %2").arg(schema, node));
    page->graph().setFocus();
}

void MainWindow::addSource(const QString& node) {
    const app::MeshNode* found = mesh_->find(node.toStdString());
    if (found == nullptr || !found->client) {
        return;
    }
    auto* dialog = new AddSourceDialog(node, found->client, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &AddSourceDialog::added, this, [this](const QString& changed) {
        catalog_->refreshNode(changed);
        names_.refresh(changed);
    });
    dialog->open();
}

MeshPage* MainWindow::meshPage() const {
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* page = qobject_cast<MeshPage*>(tabs_->widget(i))) {
            return page;
        }
    }
    return nullptr;
}

void MainWindow::openMeshPage(bool at_running) {
    MeshPage* page = meshPage();
    if (page == nullptr) {
        page = new MeshPage(mesh_, options_.store, tabs_);
        connect(page, &MeshPage::queryRequested, this, &MainWindow::openQuery);
        addPage(page, tr("Mesh"), tr("Nodes, sources and what runs on them"));
    }
    tabs_->setCurrentWidget(page);
    page->showSection(at_running ? MeshPage::Section::kRunning : MeshPage::Section::kMesh);
}

JobsPage* MainWindow::jobsPage() const {
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* page = qobject_cast<JobsPage*>(tabs_->widget(i))) {
            return page;
        }
    }
    return nullptr;
}

std::shared_ptr<app::JobNodes> MainWindow::jobNodes() const {
    return std::make_shared<app::JobNodes>([file = options_.mesh_file, factory = options_.jobs_factory] {
        return app::openServiceClients(file, factory);
    });
}

void MainWindow::openJobsPage() {
    JobsPage* page = jobsPage();
    if (page == nullptr) {
        page = new JobsPage(jobNodes(), app::jobGranter(options_.agent, mesh_->name), tabs_);
        connect(page, &JobsPage::newRequested, this, [this] { openJobEditor(nullptr, {}); });
        connect(page, &JobsPage::editRequested, this, [this](const client::JobDetails& details, bool as_copy) {
            openJobEditor(&details,
                          as_copy ? QString::fromStdString(details.job.name) + QStringLiteral("-copy") : QString());
        });
        addPage(page, tr("Jobs"), tr("Scheduled jobs, their runs and logs"));
    }
    tabs_->setCurrentWidget(page);
    page->list().setFocus();
}

void MainWindow::openRun(const QString& job, qint64 run) {
    openJob(job);
    jobsPage()->showRun(run);
    setWindowState(windowState() & ~Qt::WindowMinimized);
    raise();
    activateWindow();
}

void MainWindow::openJob(const QString& job) {
    openJobsPage();
    JobsPage* page = jobsPage();
    const auto choose = [page, job] {
        const QAbstractItemModel& model = *page->list().model();
        const QModelIndexList found = model.match(model.index(0, 0), Qt::DisplayRole, job, 1, Qt::MatchExactly);
        page->list().setCurrentIndex(found.value(0, page->list().currentIndex()));
    };
    choose();
    // A page that was just opened hears of the jobs later.
    auto* once = new QObject(page);
    connect(&page->watch(), &app::JobsWatch::changed, once, [choose, once] {
        choose();
        once->deleteLater();
    });
}

QList<JobEditor*> MainWindow::jobEditors() const {
    QList<JobEditor*> editors;
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* editor = qobject_cast<JobEditor*>(tabs_->widget(i))) {
            editors += editor;
        }
    }
    return editors;
}

void MainWindow::openJobEditor(const client::JobDetails* details, const QString& as) {
    for (JobEditor* open : jobEditors()) {
        if (details != nullptr && as.isEmpty() && open->jobName() == QString::fromStdString(details->job.name)) {
            tabs_->setCurrentWidget(open);
            return;
        }
    }
    JobEditor* editor = addJobEditor();
    details != nullptr
        ? editor->open(*details, as)
        : editor->begin(mesh_->nodes.empty() ? QString() : QString::fromStdString(mesh_->nodes.front().user));
}

JobEditor* MainWindow::addJobEditor() {
    auto* editor = new JobEditor(jobNodes(), jobsPage() != nullptr ? jobsPage()->jobNames() : QStringList(), tabs_);
    connect(editor, &JobEditor::saved, this, [this] {
        if (JobsPage* page = jobsPage()) {
            page->watch().refresh();
        }
    });
    addDocument(editor, tr("A job that is being written"));
    return editor;
}

void MainWindow::addDocument(DocumentPage* page, const QString& tooltip) {
    connect(page, &DocumentPage::titleChanged, this, [this, page] {
        tabs_->setTabText(tabs_->indexOf(page), page->title());
        touchJournal();
    });
    addPage(page, page->title(), tooltip);
}

void MainWindow::restoreDocuments() {
    QWidget* current = tabs_->currentWidget();
    for (const app::DocumentText& left : std::exchange(documents_to_restore_, {})) {
        QWidget* restored = nullptr;
        if (left.kind == QLatin1String("job")) {
            JobEditor* editor = addJobEditor();
            editor->restore(left);
            restored = editor;
        } else if (left.kind == QLatin1String("endpoint") || left.kind == QLatin1String("model")) {
            const bool is_model = left.kind == QLatin1String("model");
            EndpointEditor* editor =
                addEndpointEditor(is_model ? app::EndpointDraft::Kind::kModel : app::EndpointDraft::Kind::kEndpoint);
            editor->restore(left);
            restored = editor;
        } else {
            continue;  // of a later version
        }
        tabs_->tabBar()->moveTab(tabs_->indexOf(restored), std::clamp(left.position, 0, tabs_->count() - 1));
        current = left.is_current ? restored : current;
    }
    tabs_->setCurrentWidget(current);
}

}  // namespace tessera::workbench
