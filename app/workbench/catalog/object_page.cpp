// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/object_page.h"

#include "app/core/catalog/tags.h"
#include "app/workbench/catalog/catalog_delegate.h"
#include "app/workbench/catalog/comment_editor.h"
#include "app/workbench/catalog/lineage_view.h"
#include "app/workbench/catalog/statistics_view.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTabWidget>
#include <QTextDocument>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <cmath>

namespace tessera::workbench {

namespace {

using app::CatalogKind;
using app::TableFacts;

constexpr int kTitlePixels = 18;
constexpr int kIconSize = 20;

QString kindName(CatalogKind kind) {
    switch (kind) {
        case CatalogKind::kView:
            return ObjectPage::tr("View");
        case CatalogKind::kMaterializedView:
            return ObjectPage::tr("Materialized view");
        case CatalogKind::kForeignTable:
            return ObjectPage::tr("Foreign table");
        default:
            return ObjectPage::tr("Table");
    }
}

QString ageText(const QDateTime& then) {
    constexpr qint64 kMinute = 60;
    constexpr qint64 kHour = 60 * kMinute;
    constexpr qint64 kDay = 24 * kHour;
    const qint64 seconds = then.secsTo(QDateTime::currentDateTime());
    if (seconds < kMinute) {
        return ObjectPage::tr("just now");
    }
    if (seconds < kHour) {
        return ObjectPage::tr("%n min ago", nullptr, static_cast<int>(seconds / kMinute));
    }
    return seconds < 2 * kDay ? ObjectPage::tr("%n h ago", nullptr, static_cast<int>(seconds / kHour))
                              : ObjectPage::tr("%n days ago", nullptr, static_cast<int>(seconds / kDay));
}

QString sizeText(const TableFacts& facts) {
    if (facts.kind == CatalogKind::kView) {
        return {};
    }
    QString text = facts.rows ? ObjectPage::tr("about %1 rows").arg(app::compactCount(*facts.rows))
                              : ObjectPage::tr("rows not counted yet: ANALYZE does it");
    if (facts.bytes) {
        text += QStringLiteral(" · ") + QLocale().formattedDataSize(*facts.bytes, 1);
    }
    return facts.analyzed.isValid() ? text + ObjectPage::tr(" · as of %1").arg(ageText(facts.analyzed)) : text;
}

QString distinctText(const TableFacts::Column& column) {
    if (!column.distinct || *column.distinct == 0) {
        return {};
    }
    if (*column.distinct == -1) {
        return ObjectPage::tr("unique");
    }
    return *column.distinct > 0 ? app::compactCount(*column.distinct)
                                : ObjectPage::tr("%1 % of rows").arg(std::round(-100 * *column.distinct));
}

/// Comments are Markdown, but not the HTML that Markdown may hold: they were written by whoever owns the table.
QString richText(const QString& markdown) {
    QTextDocument document;
    document.setMarkdown(markdown, QTextDocument::MarkdownNoHTML);
    return document.toHtml();
}

}  // namespace

ObjectPage::ObjectPage(app::CatalogModel::TablePlace place, std::shared_ptr<const app::Mesh> mesh,
                       std::shared_ptr<app::JobNodes> jobs, std::shared_ptr<app::EndpointNodes> endpoints,
                       QWidget* parent)
    : QWidget(parent), place_(std::move(place)), mesh_(std::move(mesh)) {
    setObjectName(QStringLiteral("objectPage"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    stack_ = new QStackedWidget;
    empty_ = new EmptyState;
    empty_->setObjectName(QStringLiteral("objectPageState"));
    buildSections(std::move(jobs), std::move(endpoints));
    stack_->addWidget(empty_);
    stack_->addWidget(sections_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildHeader());
    comment_ = new CommentEditor(this);
    connect(comment_, &CommentEditor::saved, this, &ObjectPage::refresh);
    layout->addWidget(comment_);
    layout->addWidget(stack_, 1);
    connect(empty_, &EmptyState::actionTriggered, this, &ObjectPage::refresh);
    connect(&facts_session_, &app::QuerySession::stateChanged, this, &ObjectPage::onFactsState);
    connect(sample_, &ResultsPanel::retryRequested, this, &ObjectPage::readSample);
    connect(sections_, &QTabWidget::currentChanged, this, [this] {
        if (sections_->currentWidget() == sample_ && !is_sample_wanted_) {
            readSample();
        }
    });
    auto* again = new QAction(tr("Refresh"), this);
    again->setObjectName(QStringLiteral("refreshObjectAction"));
    again->setShortcut(QKeySequence(Qt::Key_F5));
    again->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(again, &QAction::triggered, this, &ObjectPage::refresh);
    addAction(again);
    applyColors();
}

void ObjectPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!is_seen_) {
        is_seen_ = true;
        refresh();
    }
}

QWidget* ObjectPage::buildHeader() {
    auto* header = new QWidget;
    icon_ = new QLabel;
    title_ = new QLabel(place_.table);
    title_->setObjectName(QStringLiteral("objectTitle"));
    QFont font = title_->font();
    font.setPixelSize(kTitlePixels);
    font.setWeight(QFont::DemiBold);
    title_->setFont(font);
    query_ = new QPushButton(tr("Query"));
    query_->setObjectName(QStringLiteral("objectQueryButton"));
    query_->setToolTip(tr("Write a SELECT of its columns into the editor"));
    generate_ = new QPushButton(tr("Write"));
    generate_->setObjectName(QStringLiteral("objectWriteButton"));
    generate_->setProperty("secondary", true);
    generate_->setToolTip(tr("Write another statement into the editor"));
    auto* menu = new QMenu(generate_);
    menu->setObjectName(QStringLiteral("objectWriteMenu"));
    menu->addAction(tr("SELECT"), this, [this] { write(app::selectStatement); });
    menu->addAction(tr("INSERT"), this, [this] { write(app::insertStatement); });
    menu->addAction(tr("CREATE FOREIGN TABLE"), this, [this] { write(app::foreignTableStatement); });
    generate_->setMenu(menu);
    connect(query_, &QPushButton::clicked, this, [this] { write(app::selectStatement); });
    edit_ = new QToolButton;
    edit_->setObjectName(QStringLiteral("objectCommentButton"));
    edit_->setText(tr("Describe"));
    edit_->setToolTip(tr("Write its comment; F2 on a column writes that column's"));
    edit_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    edit_->hide();
    connect(edit_, &QToolButton::clicked, this, [this] { editComment({}); });
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(icon_);
    top->addWidget(title_, 1);
    top->addWidget(edit_);
    top->addWidget(query_);
    top->addWidget(generate_);

    origin_ = new QLabel;
    origin_->setObjectName(QStringLiteral("objectOrigin"));
    size_ = new QLabel;
    size_->setObjectName(QStringLiteral("objectSize"));
    description_ = new QLabel;
    description_->setObjectName(QStringLiteral("objectDescription"));
    description_->setWordWrap(true);
    description_->setOpenExternalLinks(false);
    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(12, 14, 12, 10);
    layout->setSpacing(4);
    layout->addLayout(top);
    for (QLabel* label : {origin_, size_, description_}) {
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label);
    }
    tags_ = new QWidget;
    tags_->setObjectName(QStringLiteral("objectTags"));
    auto* tags_row = new QHBoxLayout(tags_);
    tags_row->setContentsMargins(0, 4, 0, 0);
    tags_row->setSpacing(6);
    layout->addWidget(tags_);
    for (QLabel* label : {origin_, size_}) {
        label->setProperty("muted", true);
    }
    for (QLabel* label : {title_, origin_, size_}) {
        label->setTextFormat(Qt::PlainText);
    }
    title_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return header;
}

void ObjectPage::buildSections(std::shared_ptr<app::JobNodes> jobs, std::shared_ptr<app::EndpointNodes> endpoints) {
    sections_ = new QTabWidget;
    sections_->setObjectName(QStringLiteral("objectSections"));
    sections_->setDocumentMode(true);
    columns_ = makeFactsTable("objectColumns", tr("Columns"),
                              {tr("Column"), tr("Type"), tr("Null"), tr("Distinct"), tr("Default"), tr("Comment")});
    sample_ = new ResultsPanel(sample_session_, this);
    keys_ = makeFactsTable("objectKeys", tr("Keys and indexes"), {tr("Name"), tr("Kind"), tr("Definition")});
    grants_ = makeFactsTable("objectGrants", tr("Who may use it"), {tr("Who"), tr("May")});
    definition_ = new QPlainTextEdit;
    definition_->setObjectName(QStringLiteral("objectDefinition"));
    definition_->setAccessibleName(tr("Definition"));
    definition_->setReadOnly(true);
    definition_->setFrameShape(QFrame::NoFrame);
    definition_->setFont(monospaceFont());
    definition_->document()->setDocumentMargin(12);
    sections_->addTab(columns_, tr("Columns"));
    auto* edit_column = new QAction(tr("Write the column's comment"), columns_);
    edit_column->setObjectName(QStringLiteral("columnCommentAction"));
    edit_column->setShortcut(QKeySequence(Qt::Key_F2));
    edit_column->setShortcutContext(Qt::WidgetShortcut);
    columns_->addAction(edit_column);
    const auto edit_current = [this] {
        if (columns_->currentIndex().isValid()) {
            editComment(columns_->currentIndex().siblingAtColumn(0).data().toString());
        }
    };
    connect(edit_column, &QAction::triggered, this, edit_current);
    connect(columns_, &QTreeView::doubleClicked, this, edit_current);
    lineage_ = new LineageView(mesh_, std::move(jobs), std::move(endpoints), place_);
    connect(lineage_, &LineageView::endpointsRequested, this, &ObjectPage::endpointsRequested);
    connect(lineage_, &LineageView::detailsRequested, this, &ObjectPage::detailsRequested);
    connect(lineage_, &LineageView::jobRequested, this, &ObjectPage::jobRequested);
    statistics_ = new StatisticsView([this] { return client(); });
    sections_->addTab(sample_, tr("Sample"));
    sections_->addTab(statistics_, tr("Statistics"));
    sections_->addTab(lineage_, tr("Lineage"));
    sections_->addTab(keys_, tr("Keys and indexes"));
    sections_->addTab(grants_, tr("Access"));
    sections_->addTab(definition_, tr("Definition"));
}

std::shared_ptr<client::NodeClient> ObjectPage::client() const {
    const app::MeshNode* node = mesh_->find(place_.node.toStdString());
    return node != nullptr ? node->client : nullptr;
}

void ObjectPage::refresh() {
    const auto node = client();
    if (!node) {
        showFailure(fail(ErrorCode::kUnavailable, "node '" + place_.node.toStdString() + "' is not in this mesh",
                         "open the mesh that has it"));
        return;
    }
    facts_session_.run(node, app::tableFactsRequest(place_));
    if (is_sample_wanted_) {
        readSample();
    }
    lineage_->refresh();
}

void ObjectPage::editComment(const QString& column) {
    if (!facts_ || !facts_->may_comment || !client()) {
        return;
    }
    QString text = facts_->comment;
    for (const TableFacts::Column& known : facts_->columns) {
        text = known.name == column ? known.comment : text;
    }
    comment_->open(column.isEmpty() ? tr("Comment of %1").arg(facts_->name) : tr("Comment of column %1").arg(column),
                   text, client(), [facts = *facts_, column](const QString& written) {
                       return app::commentStatement(facts, column, written);
                   });
}

void ObjectPage::readSample() {
    if (const auto node = client()) {
        is_sample_wanted_ = true;
        const QString name = app::qualifiedName(place_.schema, place_.table);
        client::QueryRequest request;
        request.sql = QStringLiteral("SELECT * FROM %1 LIMIT %2").arg(name).arg(kSampleRows).toStdString();
        sample_session_.run(node, std::move(request));
    }
}

void ObjectPage::onFactsState() {
    using State = app::QuerySession::State;
    switch (facts_session_.state()) {
        case State::kRunning:
            // What is shown stays until there is news.
            if (!facts_) {
                empty_->setMessage("waiting", tr("Reading what the node knows of it…"));
                empty_->setAction({});
                stack_->setCurrentWidget(empty_);
            }
            break;
        case State::kFailed:
            showFailure(facts_session_.error());
            break;
        case State::kSucceeded:
            facts_ = app::readTableFacts(place_, *facts_session_.store());
            if (facts_) {
                showFacts();
            } else {
                showFailure(
                    fail(ErrorCode::kNotFound,
                         app::qualifiedName(place_.schema, place_.table).toStdString() + " is not there any more",
                         "refresh the catalog"));
            }
            break;
        default:
            break;
    }
    query_->setEnabled(facts_.has_value());
    generate_->setEnabled(facts_.has_value());
}

void ObjectPage::showFailure(const Error& error) {
    facts_.reset();
    empty_->setMessage("error", QString::fromStdString(error.message), QString::fromStdString(error.hint),
                       EmptyState::Tone::kError);
    empty_->setAction(tr("Retry"));
    stack_->setCurrentWidget(empty_);
}

void ObjectPage::showFacts() {
    QStringList origin{kindName(facts_->kind), tr("schema %1 of %2").arg(facts_->schema, facts_->node)};
    if (!facts_->server.isEmpty()) {
        origin += tr("source %1").arg(facts_->server);
    }
    origin += tr("owner %1").arg(facts_->owner);
    origin_->setText(origin.join(QStringLiteral(" · ")));
    const QString size = sizeText(*facts_);
    size_->setText(size.left(1).toUpper() + size.mid(1));
    size_->setVisible(!size.isEmpty());
    edit_->setVisible(facts_->may_comment);
    const QString description = QString::fromStdString(app::withoutTagLines(facts_->comment.toStdString()));
    description_->setText(richText(description));
    description_->setVisible(!description.isEmpty());
    showTags();

    QList<QStringList> rows;
    for (const TableFacts::Column& column : facts_->columns) {
        rows += QStringList{column.name,
                            column.type,
                            column.is_not_null ? tr("not null") : QString(),
                            distinctText(column),
                            column.default_expression,
                            column.comment};
    }
    fillFactsTable(columns_, rows);
    statistics_->setFacts(*facts_);
    rows.clear();
    for (const TableFacts::Key& key : facts_->keys) {
        rows += QStringList{key.name, key.kind, key.definition};
    }
    fillFactsTable(keys_, rows);
    rows.clear();
    for (const TableFacts::Grant& grant : facts_->grants) {
        rows += QStringList{grant.grantee.isEmpty() ? tr("everybody") : grant.grantee, grant.privileges};
    }
    fillFactsTable(grants_, rows);
    const bool is_query = !facts_->definition.isEmpty();
    definition_->setPlainText(is_query ? facts_->definition : app::foreignTableStatement(*facts_));
    sections_->setTabVisible(sections_->indexOf(keys_), !facts_->keys.empty());
    sections_->setTabVisible(sections_->indexOf(definition_), is_query || facts_->kind == CatalogKind::kForeignTable);
    applyColors();
    stack_->setCurrentWidget(sections_);
}

void ObjectPage::showTags() {
    auto* row = qobject_cast<QHBoxLayout*>(tags_->layout());
    while (QLayoutItem* item = row->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const std::vector<std::string> tags = app::tagsOf(facts_->comment.toStdString());
    for (const std::string& name : tags) {
        const QString tag = u'#' + QString::fromStdString(name);
        auto* button = new QToolButton;
        button->setObjectName(QStringLiteral("objectTag"));
        button->setProperty("chip", true);
        button->setText(tag);
        button->setToolTip(tr("Show what else has this tag"));
        connect(button, &QToolButton::clicked, this, [this, tag] { Q_EMIT tagChosen(tag); });
        row->addWidget(button);
    }
    row->addStretch();
    tags_->setVisible(!tags.empty());
}

void ObjectPage::write(QString (*statement)(const TableFacts&)) {
    if (facts_) {
        Q_EMIT queryRequested(place_.node, statement(*facts_));
    }
}

void ObjectPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && icon_ != nullptr) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void ObjectPage::applyColors() {
    const Theme& theme = currentTheme();
    const char* name = iconNameOf(facts_ ? facts_->kind : CatalogKind::kTable, false);
    icon_->setPixmap(iconPixmap(name, theme.accent, kIconSize, devicePixelRatioF()));
    edit_->setIcon(icon("edit", theme.muted_text));
    auto* model = qobject_cast<QStandardItemModel*>(columns_->model());
    for (int row = 0; facts_ && row < model->rowCount(); ++row) {
        const bool is_key = facts_->columns[static_cast<std::size_t>(row)].key_position > 0;
        model->item(row)->setIcon(
            icon(iconNameOf(CatalogKind::kColumn, is_key), is_key ? theme.accent : theme.muted_text));
        for (int column = 1; column < model->columnCount(); ++column) {
            model->item(row, column)->setForeground(column == 1 ? theme.type_word : theme.muted_text);
        }
    }
    // The icons want room, too.
    fitFactsColumns(columns_);
}

}  // namespace tessera::workbench
