// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/schema_page.h"

#include "app/workbench/graph/graph_view.h"
#include "app/workbench/ui/empty_state.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr std::size_t kLinesMax = 20;

const char* iconOf(app::RelationKind kind) {
    switch (kind) {
        case app::RelationKind::kView:
        case app::RelationKind::kMaterializedView:
            return "view";
        case app::RelationKind::kForeignTable:
            return "foreign-table";
        case app::RelationKind::kTable:
            break;
    }
    return "table";
}

GraphBox boxOf(const app::SchemaKeys::Table& table) {
    GraphBox box;
    const QString schema = QString::fromStdString(table.schema);
    const QString name = QString::fromStdString(table.name);
    box.id = schema + QLatin1Char('.') + name;
    box.title = name;
    box.subtitle = schema;
    box.icon = iconOf(table.kind);
    box.tone = schema.isEmpty() ? GraphBox::Tone::kCalm : GraphBox::Tone::kAccent;
    for (const app::SchemaKeys::Column& column : table.columns) {
        if (box.lines.size() == kLinesMax) {
            break;
        }
        box.lines.push_back({QString::fromStdString(column.name), QString::fromStdString(column.type),
                             column.is_key         ? "key"
                             : column.is_reference ? "graph"
                                                   : "column"});
    }
    if (box.lines.size() < table.column_count) {
        box.lines.push_back({SchemaPage::tr("… %1 more").arg(table.column_count - box.lines.size()), {}, nullptr});
    }
    box.tooltip = box.title;
    return box;
}

}  // namespace

SchemaPage::SchemaPage(QString node, QString schema, app::MeshNames& names, QWidget* parent)
    : QWidget(parent),
      node_(std::move(node)),
      schema_(std::move(schema)),
      names_(names),
      summary_(new QLabel),
      all_columns_(new QCheckBox(tr("All columns"))),
      stack_(new QStackedWidget),
      empty_(new EmptyState),
      graph_(new GraphView("schemaGraph", tr("Tables and their keys"))),
      making_(this) {
    setObjectName(QStringLiteral("schemaPage"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    summary_->setObjectName(QStringLiteral("schemaSummary"));
    summary_->setTextFormat(Qt::PlainText);
    summary_->setWordWrap(true);
    all_columns_->setObjectName(QStringLiteral("schemaAllColumns"));
    empty_->setObjectName(QStringLiteral("schemaState"));
    auto* save = new QPushButton(tr("Save picture…"));
    save->setObjectName(QStringLiteral("saveSchemaButton"));
    save->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(12);
    bar->addWidget(summary_, 1);
    bar->addWidget(all_columns_);
    bar->addWidget(save);
    stack_->addWidget(empty_);
    stack_->addWidget(graph_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(stack_, 1);
    empty_->setMessage("waiting", tr("Reading the node's names…"));
    connect(all_columns_, &QCheckBox::toggled, this, &SchemaPage::read);
    connect(save, &QPushButton::clicked, this, [this] { graph_->askToSave(schema_); });
    connect(graph_, &GraphView::saved, this, [this](const QString& file, const QString& problem) {
        summary_->setText(problem.isEmpty() ? tr("Saved to %1.").arg(file) : problem);
    });
    connect(graph_, &GraphView::activated, this, [this](const QString& id) {
        const qsizetype dot = id.indexOf(QLatin1Char('.'));
        Q_EMIT detailsRequested({node_, dot == 0 ? schema_ : id.left(dot), id.mid(dot + 1)});
    });
    connect(&names_, &app::MeshNames::namesChanged, this, [this](const QString& changed) {
        if (changed == node_) {
            read();
        }
    });
    names_.request(node_);
    read();
}

void SchemaPage::read() {
    const auto names = names_.names(node_);
    if (!names) {
        return;
    }
    const auto columns = all_columns_->isChecked() ? app::SchemaColumns::kAll : app::SchemaColumns::kKeys;
    making_.start([names, schema = schema_.toStdString(),
                   columns](app::TaskControl&) { return app::schemaKeys(*names, schema, columns); },
                  [this](const app::SchemaKeys& keys) { show(keys); });
}

void SchemaPage::show(const app::SchemaKeys& keys) {
    if (keys.tables.empty()) {
        empty_->setMessage("schema", tr("There is no table in %1 that you may see").arg(schema_));
        stack_->setCurrentWidget(empty_);
        return;
    }
    Graph graph;
    for (const app::SchemaKeys::Table& table : keys.tables) {
        graph.boxes.push_back(boxOf(table));
    }
    bool has_supposed = false;
    for (const app::SchemaKeys::Reference& reference : keys.references) {
        GraphEdge edge;
        edge.from = reference.from;
        edge.to = reference.to;
        edge.label = QString::fromStdString(reference.columns);
        edge.is_dashed = reference.is_supposed;
        has_supposed = has_supposed || reference.is_supposed;
        graph.edges.push_back(std::move(edge));
    }
    QStringList parts{tr("%1 on %2").arg(schema_, node_), tr("tables: %1").arg(keys.tables.size())};
    if (has_supposed) {
        parts += tr("dashed: supposed by the names of columns");
    }
    if (keys.is_cut) {
        parts += tr("only the first by name");
    }
    summary_->setText(parts.join(QStringLiteral(" · ")));
    graph_->setGraph(std::move(graph));
    stack_->setCurrentWidget(graph_);
}

}  // namespace tessera::workbench
