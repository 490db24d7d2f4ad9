// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's tabs that are not queries: pages of tables, of schemas, of the mesh.
#include "app/workbench/activity/mesh_page.h"
#include "app/workbench/catalog/add_source_dialog.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/catalog/object_page.h"
#include "app/workbench/catalog/schema_page.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/shell/main_window.h"

#include <QStackedWidget>
#include <QTabWidget>

namespace tessera::workbench {

void MainWindow::addPage(QWidget* page, const QString& title, const QString& tooltip) {
    const int index = tabs_->addTab(page, title);
    tabs_->setTabToolTip(index, tooltip);
    addCloseButton(index, page);
    tabs_->setCurrentIndex(index);
    centre_->setCurrentWidget(tabs_);
}

void MainWindow::openObject(const app::CatalogModel::TablePlace& place) {
    for (int i = 0; i < tabs_->count(); ++i) {
        const auto* page = qobject_cast<ObjectPage*>(tabs_->widget(i));
        if (page != nullptr && page->place() == place) {
            tabs_->setCurrentIndex(i);
            return;
        }
    }
    auto* page = new ObjectPage(place, mesh_, tabs_);
    connect(page, &ObjectPage::queryRequested, this, &MainWindow::openQuery);
    connect(page, &ObjectPage::detailsRequested, this, &MainWindow::openObject);
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
        page = new MeshPage(mesh_, tabs_);
        connect(page, &MeshPage::queryRequested, this, &MainWindow::openQuery);
        addPage(page, tr("Mesh"), tr("Nodes, sources and what runs on them"));
    }
    tabs_->setCurrentWidget(page);
    page->showSection(at_running ? MeshPage::Section::kRunning : MeshPage::Section::kMesh);
}

}  // namespace tessera::workbench
