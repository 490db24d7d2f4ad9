// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow's endpoints and models: their page, their editors, and a query that becomes an endpoint.
#include "app/core/endpoints/parameter_types.h"
#include "app/core/endpoints/statement_endpoint.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/endpoints/endpoint_editor.h"
#include "app/workbench/endpoints/endpoints_page.h"
#include "app/workbench/shell/main_window.h"
#include "nodeservice/client/call.h"

#include <QStatusBar>
#include <QTabWidget>
#include <QTreeView>

namespace tessera::workbench {

namespace {

using Kind = app::EndpointDraft::Kind;

constexpr int kMessageMs = 8000;

constexpr const char* kNewEndpoint =
    "/*\nendpoint: new-endpoint\ndocumentation: What it is for\nparameters:\n  - {name: least, type: integer, default: "
    "0}\n*/\nSELECT name, setting\nFROM pg_settings\nWHERE length(name) >= :least\n";

constexpr const char* kNewModel =
    "model: new-model\nversion: 1\ndocumentation: What it describes\ntable: schema.table\nkey: [id]\nfields:\n"
    "  - {name: id, type: bigint, not_null: true}\n";

/// Its name is another one's.
std::string copyOf(Kind kind, const std::string& text) {
    const std::string key = kind == Kind::kModel ? "model: " : "endpoint: ";
    std::string copy = text;
    const std::size_t begin = copy.find(key);
    const std::size_t end = std::min(copy.find('\n', begin), copy.size());
    return begin == std::string::npos ? copy : copy.insert(end, "-copy");
}

}  // namespace

EndpointsPage* MainWindow::endpointsPage() const {
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* page = qobject_cast<EndpointsPage*>(tabs_->widget(i))) {
            return page;
        }
    }
    return nullptr;
}

QList<EndpointEditor*> MainWindow::endpointEditors() const {
    QList<EndpointEditor*> editors;
    for (int i = 0; i < tabs_->count(); ++i) {
        if (auto* editor = qobject_cast<EndpointEditor*>(tabs_->widget(i))) {
            editors += editor;
        }
    }
    return editors;
}

std::shared_ptr<app::EndpointNodes> MainWindow::endpointNodes() const {
    return std::make_shared<app::EndpointNodes>([file = options_.mesh_file, factory = options_.endpoints_factory] {
        return app::openServiceClients(file, factory);
    });
}

QString MainWindow::nodeUrl() const {
    const QString address = mesh_->nodes.empty() ? QStringLiteral("node.example.org:7410")
                                                 : QString::fromStdString(mesh_->nodes.front().address);
    return (client::isLoopback(address.toStdString()) ? QStringLiteral("http://") : QStringLiteral("https://")) +
           address;
}

void MainWindow::openEndpointsPage() {
    EndpointsPage* page = endpointsPage();
    if (page == nullptr) {
        page = new EndpointsPage(endpointNodes(), nodeUrl(), tabs_);
        connect(page, &EndpointsPage::newRequested, this, [this](Kind kind) {
            EndpointEditor* editor = addEndpointEditor(kind);
            editor->draft().begin(kind == Kind::kModel ? kNewModel : kNewEndpoint);
        });
        connect(page, &EndpointsPage::editRequested, this, &MainWindow::openEndpoint);
        addPage(page, tr("Endpoints"), tr("Queries and models that applications call by name"));
    }
    tabs_->setCurrentWidget(page);
    page->list().setFocus();
}

EndpointEditor* MainWindow::addEndpointEditor(Kind kind) {
    auto* editor = new EndpointEditor(kind, endpointNodes(), nodeUrl(), tabs_);
    const QString node = !mesh_->nodes.empty() ? QString::fromStdString(mesh_->nodes.front().name) : QString();
    editor->setNames(names_, node);
    if (SqlEditor* text = editor->sqlEditor()) {
        text->applyOptions(editor_settings_.options());
        text->addActions(editor_actions_);
        editor->assistant()->applyOptions(editor_settings_.options());
        editor->assistant()->setSnippets(library_.items());
        connect(editor->assistant(), &SqlAssistant::definitionRequested, this,
                [this, node](const QString& schema, const QString& table) {
                    openObject({node, schema, table});
                });
    }
    connect(editor, &EndpointEditor::published, this, [this] {
        if (EndpointsPage* page = endpointsPage()) {
            page->watch().refresh();
        }
    });
    addDocument(editor,
                kind == Kind::kModel ? tr("A model that is being written") : tr("An endpoint that is being written"));
    return editor;
}

void MainWindow::openEndpoint(Kind kind, const QString& name, const client::EndpointDetails& details, bool as_copy) {
    if (as_copy) {
        addEndpointEditor(kind)->draft().begin(copyOf(kind, details.text));
        return;
    }
    for (EndpointEditor* open : endpointEditors()) {
        if (open->draft().kind() == kind && open->draft().publishedName() == name.toStdString()) {
            tabs_->setCurrentWidget(open);
            return;
        }
    }
    addEndpointEditor(kind)->draft().open(name.toStdString(), details);
}

void MainWindow::publishQuery() {
    QueryTab* tab = currentTab();
    const auto piece = tab != nullptr ? tab->editor().pieceToRun() : std::nullopt;
    if (!piece) {
        statusBar()->showMessage(tr("There is no statement here to publish."), kMessageMs);
        return;
    }
    const app::MeshNode* node = mesh_->find(tab->nodeName().toStdString());
    const app::StatementEndpoint endpoint(piece->sql);
    EndpointEditor* editor = addEndpointEditor(Kind::kEndpoint);
    const std::string text = endpoint.file({});
    editor->draft().begin(text);
    if (node == nullptr || !node->client || endpoint.bound().names.empty()) {
        return;
    }
    auto* types = new app::ParameterTypes(editor);
    types->ask(node->client, endpoint.bound().sql,
               [editor, types, endpoint, text](const Result<std::vector<std::string>>& told) {
                   // What the person has written meanwhile stays; why a statement cannot be prepared, the check says.
                   if (told && editor->draft().text() == text) {
                       editor->draft().begin(endpoint.file(*told));
                   }
                   types->deleteLater();
               });
}

}  // namespace tessera::workbench
