// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/lineage_view.h"

#include "app/workbench/catalog/catalog_delegate.h"
#include "app/workbench/graph/graph_view.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"

#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

using app::CatalogKind;

QString kindText(const app::Lineage::Item& item) {
    if (!item.source.isEmpty()) {
        return LineageView::tr("source");
    }
    switch (item.kind) {
        case CatalogKind::kView:
            return LineageView::tr("view");
        case CatalogKind::kMaterializedView:
            return LineageView::tr("materialized view");
        case CatalogKind::kForeignTable:
            return LineageView::tr("foreign table");
        default:
            return LineageView::tr("table");
    }
}

Graph graphOf(const app::Lineage& lineage) {
    Graph graph;
    for (std::size_t i = 0; i < lineage.items.size(); ++i) {
        const app::Lineage::Item& item = lineage.items[i];
        GraphBox box;
        box.id = QString::number(i);
        box.title =
            item.place.schema.isEmpty() ? item.place.table : item.place.schema + QLatin1Char('.') + item.place.table;
        box.subtitle = item.source.isEmpty() ? LineageView::tr("%1 on %2").arg(kindText(item), item.place.node)
                                             : LineageView::tr("source %1 of %2").arg(item.source, item.place.node);
        box.icon = item.source.isEmpty() ? iconNameOf(item.kind, false) : "source";
        box.tone = static_cast<int>(i) == lineage.start ? GraphBox::Tone::kAccent : GraphBox::Tone::kCalm;
        box.tooltip = box.title;
        graph.boxes.push_back(std::move(box));
    }
    for (const auto& [from, to] : lineage.edges) {
        GraphEdge edge;
        edge.from = from;
        edge.to = to;
        graph.edges.push_back(edge);
    }
    return graph;
}

}  // namespace

LineageView::LineageView(std::shared_ptr<const app::Mesh> mesh, std::shared_ptr<app::JobNodes> jobs,
                         std::shared_ptr<app::EndpointNodes> endpoints, app::CatalogModel::TablePlace place,
                         QWidget* parent)
    : QWidget(parent),
      mesh_(std::move(mesh)),
      jobs_(std::move(jobs)),
      endpoints_(std::move(endpoints)),
      place_(std::move(place)),
      stack_(new QStackedWidget),
      empty_(new EmptyState),
      graph_(new GraphView("lineageGraph", tr("Lineage"))),
      users_(makeFactsTable("lineageUsers", tr("Used by"), {tr("Used by"), tr("Kind"), tr("Node")})),
      users_title_(new QLabel(tr("Nothing that you may see uses it."))),
      note_(new QLabel),
      reading_jobs_(this),
      reading_endpoints_(this) {
    setObjectName(QStringLiteral("lineageView"));
    empty_->setObjectName(QStringLiteral("lineageState"));
    users_title_->setObjectName(QStringLiteral("lineageUsersTitle"));
    users_title_->setContentsMargins(12, 8, 12, 4);
    note_->setObjectName(QStringLiteral("lineageNote"));
    note_->setContentsMargins(12, 6, 12, 8);
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    auto* save = new QPushButton(tr("Save picture…"));
    save->setObjectName(QStringLiteral("saveLineageButton"));
    save->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    auto* hint = new QLabel(tr("From left to right as rows go. Enter or a double click opens a table."));
    hint->setWordWrap(true);
    bar->addWidget(hint, 1);
    bar->addWidget(save);
    auto* upper = new QWidget;
    auto* upper_layout = new QVBoxLayout(upper);
    upper_layout->setContentsMargins(0, 0, 0, 0);
    upper_layout->setSpacing(0);
    upper_layout->addLayout(bar);
    upper_layout->addWidget(graph_, 1);
    auto* lower = new QWidget;
    auto* lower_layout = new QVBoxLayout(lower);
    lower_layout->setContentsMargins(0, 0, 0, 0);
    lower_layout->setSpacing(0);
    lower_layout->addWidget(users_title_);
    lower_layout->addWidget(users_, 1);
    lower_layout->addWidget(note_);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setHandleWidth(1);
    splitter->addWidget(upper);
    splitter->addWidget(lower);
    constexpr int kUpperPart = 440;
    constexpr int kLowerPart = 160;
    splitter->setSizes({kUpperPart, kLowerPart});
    splitter->setStretchFactor(0, 1);
    stack_->addWidget(empty_);
    stack_->addWidget(splitter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
    connect(&reader_, &app::LineageReader::finished, this, [this] { show(reader_.lineage()); });
    connect(save, &QPushButton::clicked, this, [this] { graph_->askToSave(place_.table + tr("-lineage")); });
    connect(graph_, &GraphView::saved, this, [this](const QString& file, const QString& problem) {
        note_->setText(problem.isEmpty() ? tr("Saved to %1.").arg(file) : problem);
        note_->show();
    });
    connect(graph_, &GraphView::activated, this, &LineageView::open);
    connect(empty_, &EmptyState::actionTriggered, this, &LineageView::refresh);
    connect(users_, &QTreeView::activated, this, [this](const QModelIndex& index) { openUser(index.row()); });
}

void LineageView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!is_wanted_) {
        is_wanted_ = true;
        empty_->setMessage("waiting", tr("Following it through the nodes…"));
        refresh();
    }
}

void LineageView::refresh() {
    if (is_wanted_) {
        reader_.read(mesh_, place_);
        readJobs();
        readEndpoints();
    }
}

void LineageView::readJobs() {
    reading_jobs_.start(
        [jobs = jobs_, place = place_](app::TaskControl&) {
            return app::jobsThatUse(*jobs, place.node.toStdString(), place.schema.toStdString(),
                                    place.table.toStdString());
        },
        [this](Result<std::vector<app::JobUse>> uses) {
            uses_ = uses ? std::move(*uses) : std::vector<app::JobUse>();
            // A mesh without jobs has none that use it.
            jobs_problem_ =
                uses || uses.error().code == ErrorCode::kUnimplemented
                    ? QString()
                    : tr("The jobs could not be asked: %1").arg(QString::fromStdString(uses.error().message));
            showUsers();
        });
}

void LineageView::readEndpoints() {
    reading_endpoints_.start(
        [endpoints = endpoints_, place = place_](app::TaskControl&) {
            return app::endpointsThatUse(*endpoints, place.node.toStdString(), place.schema.toStdString(),
                                         place.table.toStdString());
        },
        [this](Result<std::vector<app::EndpointUse>> uses) {
            endpoint_uses_ = uses ? std::move(*uses) : std::vector<app::EndpointUse>();
            endpoints_problem_ =
                uses || uses.error().code == ErrorCode::kUnimplemented
                    ? QString()
                    : tr("The endpoints could not be asked: %1").arg(QString::fromStdString(uses.error().message));
            showUsers();
        });
}

QStringList LineageView::notes() const {
    QStringList notes = reader_.lineage().problems;
    if (reader_.lineage().is_cut) {
        notes += tr("There is more than is shown here.");
    }
    if (!jobs_problem_.isEmpty()) {
        notes += jobs_problem_;
    }
    if (!endpoints_problem_.isEmpty()) {
        notes += endpoints_problem_;
    }
    for (const app::EndpointUse& use : endpoint_uses_) {
        if (!use.problem.empty()) {
            notes += tr("Endpoint %1: %2").arg(QString::fromStdString(use.name), QString::fromStdString(use.problem));
        }
    }
    for (const app::JobUse& use : uses_) {
        if (!use.problem.empty()) {
            notes += tr("Job %1: %2").arg(QString::fromStdString(use.job), QString::fromStdString(use.problem));
        }
    }
    return notes;
}

void LineageView::show(const app::Lineage& lineage) {
    if (lineage.items.size() == 1 && !lineage.problems.isEmpty()) {
        empty_->setMessage("error", tr("Its lineage cannot be read"), notes().join(QLatin1Char('\n')),
                           EmptyState::Tone::kError);
        empty_->setAction(tr("Retry"));
        stack_->setCurrentWidget(empty_);
        return;
    }
    graph_->setGraph(graphOf(lineage));
    showUsers();
    stack_->setCurrentIndex(1);
}

/// Tables first, then jobs, then endpoints and models: those that may run on the table's node.
void LineageView::showUsers() {
    const app::Lineage& lineage = reader_.lineage();
    QList<QStringList> rows;
    for (const int user : lineage.items.empty() ? std::vector<int>() : lineage.usersOf(lineage.start)) {
        const app::Lineage::Item& item = lineage.items[static_cast<std::size_t>(user)];
        rows += QStringList{app::qualifiedName(item.place.schema, item.place.table), kindText(item), item.place.node};
    }
    for (const app::JobUse& use : uses_) {
        if (use.problem.empty()) {
            const QString step = QString::fromStdString(use.step);
            rows += QStringList{
                QString::fromStdString(use.job),
                use.is_written ? tr("job, writes it in step %1").arg(step) : tr("job, reads it in step %1").arg(step),
                place_.node};
        }
    }
    for (const app::EndpointUse& use : endpoint_uses_) {
        if (use.problem.empty()) {
            const bool is_model = use.kind == app::EndpointUse::Kind::kModel;
            rows += QStringList{QString::fromStdString(use.name),
                                is_model ? (use.is_written ? tr("model, reads and writes it") : tr("model, reads it"))
                                         : (use.is_written ? tr("endpoint, writes it") : tr("endpoint, reads it")),
                                place_.node};
        }
    }
    fillFactsTable(users_, rows);
    // The table's own heading says what it lists.
    users_title_->setVisible(rows.isEmpty());
    users_->setVisible(!rows.isEmpty());
    note_->setText(notes().join(QLatin1Char('\n')));
    note_->setVisible(!note_->text().isEmpty());
}

void LineageView::openUser(int row) {
    const std::vector<int> users = reader_.lineage().usersOf(reader_.lineage().start);
    if (static_cast<std::size_t>(row) < users.size()) {
        open(QString::number(users[static_cast<std::size_t>(row)]));
        return;
    }
    auto left = static_cast<std::size_t>(row) - users.size();
    for (const app::JobUse& use : uses_) {
        if (use.problem.empty() && left-- == 0) {
            Q_EMIT jobRequested(QString::fromStdString(use.job));
            return;
        }
    }
    Q_EMIT endpointsRequested();
}

void LineageView::open(const QString& id) {
    const app::Lineage::Item& item = reader_.lineage().items[id.toULongLong()];
    if (item.source.isEmpty() && !(item.place == place_)) {
        Q_EMIT detailsRequested(item.place);
    }
}

}  // namespace tessera::workbench
