// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/plan/plan_view.h"

#include "app/workbench/graph/graph_view.h"
#include "app/workbench/plan/plan_delegate.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTreeView>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kDetailsSide = 0;
constexpr int kGraphSide = 1;

QLabel* titleLabel(const QString& text) {
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    label->setContentsMargins(8, 6, 8, 0);
    return label;
}

}  // namespace

PlanView::PlanView(QWidget* parent)
    : QWidget(parent),
      summary_(new QLabel),
      times_(new QLabel),
      note_(new QLabel),
      splitter_(new QSplitter(Qt::Horizontal)),
      tree_(new QTreeView),
      sides_(new QTabBar),
      side_(new QStackedWidget),
      graph_(new GraphView("planGraph", tr("Plan as a graph"))),
      graph_note_(new QLabel),
      advice_(new QListWidget),
      sql_title_(titleLabel({})),
      sql_(new QPlainTextEdit),
      properties_(new QTreeWidget) {
    setObjectName(QStringLiteral("planView"));
    summary_->setObjectName(QStringLiteral("planSummary"));
    summary_->setContentsMargins(8, 6, 8, 6);
    times_->setObjectName(QStringLiteral("planTimes"));
    times_->setTextFormat(Qt::PlainText);
    times_->setContentsMargins(8, 0, 8, 6);
    times_->setWordWrap(true);
    note_->setObjectName(QStringLiteral("planNote"));
    note_->setWordWrap(true);
    note_->setContentsMargins(8, 0, 8, 6);
    tree_->setObjectName(QStringLiteral("planTree"));
    tree_->setAccessibleName(tr("Plan"));
    tree_->setModel(&model_);
    tree_->setItemDelegate(new PlanDelegate(tree_));
    tree_->setUniformRowHeights(true);
    tree_->setFrameShape(QFrame::NoFrame);
    tree_->setIndentation(16);
    tree_->setMouseTracking(true);
    tree_->setAllColumnsShowFocus(true);
    tree_->header()->setStretchLastSection(false);
    for (int column = 0; column < PlanModel::kColumnCount; ++column) {
        tree_->header()->setSectionResizeMode(
            column, column == PlanModel::kOperation ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
    }
    splitter_->setHandleWidth(1);
    splitter_->addWidget(tree_);
    splitter_->addWidget(buildSide());
    splitter_->setStretchFactor(0, 2);
    splitter_->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(summary_);
    layout->addWidget(times_);
    layout->addWidget(note_);
    layout->addWidget(splitter_, 1);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this, &PlanView::showNode);
    connect(advice_, &QListWidget::currentRowChanged, this, [this](int row) {
        if (plan_ && row >= 0 && static_cast<std::size_t>(row) < plan_->advice.size()) {
            tree_->setCurrentIndex(model_.indexOf(plan_->advice[static_cast<std::size_t>(row)].node));
        }
    });
    connect(graph_, &GraphView::selectionChanged, this, [this](const QString& id) {
        if (const app::PlanNode* part = drawn_.partOf(id); part != nullptr) {
            tree_->setCurrentIndex(model_.indexOf(part));
        }
    });
    connect(graph_, &GraphView::activated, this, [this] { sides_->setCurrentIndex(kDetailsSide); });
    connect(graph_, &GraphView::shown, this,
            [this] { graph_->select(drawn_.idOf(model_.nodeOf(tree_->currentIndex()))); });
    connect(sides_, &QTabBar::currentChanged, this, &PlanView::showSide);
    showSide(kDetailsSide);
    applyColors();
}

QWidget* PlanView::buildSide() {
    // Of a large plan a part that can be read.
    constexpr double kReadable = 0.75;
    graph_->setLeastScale(kReadable);
    sides_->setObjectName(QStringLiteral("planSides"));
    sides_->setAccessibleName(tr("Beside the plan"));
    sides_->setDocumentMode(true);
    sides_->setExpanding(false);
    sides_->setDrawBase(false);
    sides_->addTab(tr("Details"));
    sides_->addTab(tr("Graph"));
    side_->addWidget(buildDetails());
    side_->addWidget(buildGraph());
    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(sides_);
    layout->addWidget(side_, 1);
    return side;
}

QWidget* PlanView::buildGraph() {
    graph_note_->setObjectName(QStringLiteral("planGraphNote"));
    graph_note_->setWordWrap(true);
    graph_note_->setText(tr("From left to right as rows go. Enter or a double click shows a part's details."));
    auto* fit = new QPushButton(tr("Show all"));
    fit->setObjectName(QStringLiteral("fitPlanButton"));
    fit->setProperty("secondary", true);
    auto* save = new QPushButton(tr("Save picture…"));
    save->setObjectName(QStringLiteral("savePlanButton"));
    save->setProperty("secondary", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 6, 8, 6);
    bar->setSpacing(8);
    bar->addWidget(graph_note_, 1);
    bar->addWidget(fit);
    bar->addWidget(save);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(graph_, 1);
    connect(fit, &QPushButton::clicked, graph_, &GraphView::showAll);
    connect(save, &QPushButton::clicked, this, [this] { graph_->askToSave(tr("plan")); });
    connect(graph_, &GraphView::saved, this, [this](const QString& file, const QString& problem) {
        graph_note_->setText(problem.isEmpty() ? tr("Saved to %1.").arg(file) : problem);
    });
    return page;
}

/// A graph needs more room than words do; what it says itself is left out of the tree.
void PlanView::showSide(int side) {
    constexpr int kWhole = 1000;
    constexpr int kTreeBesideDetails = 660;
    constexpr int kTreeBesideGraph = 340;
    side_->setCurrentIndex(side);
    for (const int column : {PlanModel::kWhere, PlanModel::kRows, PlanModel::kReceived}) {
        tree_->setColumnHidden(column, side == kGraphSide);
    }
    const int tree = side == kGraphSide ? kTreeBesideGraph : kTreeBesideDetails;
    splitter_->setSizes({tree, kWhole - tree});
}

QWidget* PlanView::buildDetails() {
    advice_->setObjectName(QStringLiteral("planAdvice"));
    advice_->setAccessibleName(tr("What could be done"));
    advice_->setWordWrap(true);
    advice_->setFrameShape(QFrame::NoFrame);
    advice_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    sql_->setObjectName(QStringLiteral("planRemoteSql"));
    sql_->setAccessibleName(tr("What the source is asked"));
    sql_->setReadOnly(true);
    sql_->setFont(monospaceFont());
    sql_->setFrameShape(QFrame::NoFrame);
    properties_->setObjectName(QStringLiteral("planProperties"));
    properties_->setAccessibleName(tr("Of the chosen part"));
    properties_->setHeaderHidden(true);
    properties_->setColumnCount(2);
    properties_->setRootIsDecorated(false);
    properties_->setFrameShape(QFrame::NoFrame);
    properties_->setWordWrap(true);
    properties_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    auto* details = new QWidget;
    auto* layout = new QVBoxLayout(details);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(titleLabel(tr("What could be done")));
    layout->addWidget(advice_, 2);
    layout->addWidget(sql_title_);
    layout->addWidget(sql_, 2);
    layout->addWidget(titleLabel(tr("Of the chosen part")));
    layout->addWidget(properties_, 3);
    return details;
}

void PlanView::setPlan(std::shared_ptr<const app::QueryPlan> plan, const QString& note) {
    plan_ = std::move(plan);
    model_.setPlan(plan_);
    summary_->setText(summary());
    times_->setText(timesText());
    times_->setVisible(!times_->text().isEmpty());
    note_->setText(note);
    note_->setVisible(!note.isEmpty());
    showAdvice();
    drawn_ = plan_ ? planGraph(*plan_) : PlanGraph{};
    graph_->setGraph(drawn_.graph);
    tree_->expandAll();
    tree_->setCurrentIndex(model_.index(0, 0));
    showNode();
}

QString PlanView::summary() const {
    if (!plan_) {
        return {};
    }
    QStringList parts;
    if (plan_->execution_ms) {
        parts += tr("Took %1").arg(planTimeText(*plan_->execution_ms));
    } else {
        parts += tr("Estimated, not run");
    }
    if (plan_->planning_ms) {
        parts += tr("planned in %1").arg(planTimeText(*plan_->planning_ms));
    }
    if (!plan_->sources.isEmpty()) {
        const QString from = plan_->sources.join(QStringLiteral(", "));
        parts += plan_->execution_ms ? tr("%1 received from %2")
                                           .arg(QLocale().formattedDataSize(static_cast<qint64>(plan_->bytes_received),
                                                                            1, QLocale::DataSizeSIFormat),
                                                from)
                                     : tr("asks %1").arg(from);
    }
    return parts.join(QStringLiteral(" · "));
}

QString PlanView::timesText() const {
    double all = 0;
    for (const auto& time : plan_->time_ms_by_source) {
        all += time.second;
    }
    if (all <= 0) {
        return {};
    }
    QStringList parts;
    for (const auto& [source, ms] : plan_->time_ms_by_source) {
        constexpr double kPercent = 100;
        parts += tr("%1 %2 (%3 %)")
                     .arg(source.isEmpty() ? tr("the node itself") : source, planTimeText(ms))
                     .arg(ms * kPercent / all, 0, 'f', 0);
    }
    return tr("Where the time went: %1").arg(parts.join(QStringLiteral(" · ")));
}

void PlanView::showAdvice() {
    advice_->clear();
    if (!plan_) {
        return;
    }
    for (const app::PlanAdvice& advice : plan_->advice) {
        advice_->addItem(advice.text);
    }
    if (plan_->advice.empty()) {
        auto* item = new QListWidgetItem(tr("Nothing stands out."), advice_);
        item->setFlags(Qt::NoItemFlags);
    }
}

void PlanView::showNode() {
    const app::PlanNode* node = model_.nodeOf(tree_->currentIndex());
    properties_->clear();
    const bool has_sql = node != nullptr && !node->remote_sql.isEmpty();
    sql_title_->setVisible(has_sql);
    sql_->setVisible(has_sql);
    if (node == nullptr) {
        return;
    }
    // A source's box stands for its costliest part.
    if (drawn_.partOf(graph_->selectedId()) != node) {
        graph_->select(drawn_.idOf(node));
    }
    sql_title_->setText(tr("What %1 is asked").arg(node->source));
    sql_->setPlainText(node->remote_sql);
    const auto add = [this](const QString& name, const QString& value) {
        auto* item = new QTreeWidgetItem(properties_, {name, value});
        item->setToolTip(1, value);
    };
    if (node->time_ms) {
        add(tr("Time with the parts below"), planTimeText(*node->time_ms));
    }
    if (node->wait_ms) {
        add(tr("Waited for the source"), planTimeText(*node->wait_ms));
    }
    if (node->loops && *node->loops != 1) {
        add(tr("Run so often"), QLocale().toString(*node->loops, 'f', 0));
    }
    if (node->rows_received) {
        add(tr("Rows received"), QLocale().toString(*node->rows_received, 'f', 0));
    }
    if (node->round_trips) {
        add(tr("Round trips"), QLocale().toString(*node->round_trips, 'f', 0));
    }
    for (const QString& reason : node->not_pushed) {
        add(tr("Not done at the source"), reason);
    }
    add(tr("Estimated cost"), QLocale().toString(node->estimated_cost, 'f', 0));
    for (const auto& [name, value] : node->properties) {
        add(name, value);
    }
}

void PlanView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void PlanView::applyColors() {
    const QString sheet = QStringLiteral("#planNote { color: %1; } #planTimes { color: %2; }")
                              .arg(currentTheme().warning.name(), currentTheme().muted_text.name());
    if (styleSheet() != sheet) {
        setStyleSheet(sheet);
    }
}

}  // namespace tessera::workbench
