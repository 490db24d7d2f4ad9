// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/new_table_dialog.h"

#include "app/core/catalog/catalog_model.h"
#include "app/workbench/shards/place_picker.h"
#include "app/workbench/shards/shard_list.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

using Field = app::ShardingProblem::Field;
using Method = app::NewShardedTable::Method;

enum ColumnOfColumns { kName, kType, kShardBy, kKey };

QLineEdit* makeEdit(const char* object_name, const QString& accessible_name, const QString& hint) {
    auto* edit = new QLineEdit;
    edit->setObjectName(QLatin1String(object_name));
    edit->setAccessibleName(accessible_name);
    edit->setPlaceholderText(hint);
    return edit;
}

QPushButton* makeButton(const char* object_name, const QString& text) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(object_name));
    button->setProperty("secondary", true);
    button->setAutoDefault(false);
    return button;
}

QLabel* makeHeading(const QString& text) {
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setWeight(QFont::DemiBold);
    label->setFont(font);
    return label;
}

}  // namespace

NewTableDialog::NewTableDialog(app::ShardsWatch& watch, QWidget* parent)
    : QDialog(parent),
      watch_(watch),
      name_(makeEdit("shardedName", tr("Name"), QStringLiteral("sales.orders"))),
      name_note_(new NoteLabel(QStringLiteral("shardedNameNote"))),
      method_(new QComboBox),
      method_note_(new NoteLabel(QStringLiteral("shardedMethodNote"))),
      columns_(new QTreeWidget),
      shard_by_note_(new NoteLabel(QStringLiteral("shardByNote"))),
      key_note_(new NoteLabel(QStringLiteral("shardKeyNote"))),
      readers_(makeEdit("shardedReaders", tr("May read"), tr("Roles; who may read what a node imports"))),
      writers_(makeEdit("shardedWriters", tr("May change"), tr("Roles; nobody when empty"))),
      rights_note_(new NoteLabel(QStringLiteral("shardedRightsNote"))),
      check_rows_(new QCheckBox(tr("Look whether rows that are there belong to their shards"))),
      shards_(new ShardList),
      shards_note_(new NoteLabel(QStringLiteral("shardsListNote"))),
      statement_(new QPlainTextEdit),
      progress_(new QProgressBar),
      note_(new NoteLabel(QStringLiteral("newTableNote"))),
      declare_(new QPushButton(tr("Declare"))),
      undo_(makeButton("undoTableButton", tr("Undo"))),
      query_(makeButton("queryTableButton", tr("Query it"))),
      close_(makeButton("closeTableButton", tr("Cancel"))) {
    setObjectName(QStringLiteral("newTableDialog"));
    setWindowTitle(tr("New sharded table"));
    constexpr QSize kSize(1120, 740);
    resize(kSize);
    QStringList taken;
    for (const app::ShardedTableState& table : watch_.picture().tables) {
        for (const app::ShardState& shard : table.shards) {
            taken += shard.at();
        }
    }
    picker_ = new PlacePicker(watch_.mesh(), taken);
    fields_ = buildFields();
    progress_->setObjectName(QStringLiteral("newTableProgress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setRange(0, 0);
    progress_->setTextVisible(false);
    progress_->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(fields_, 1);
    layout->addWidget(progress_);
    layout->addWidget(note_);
    layout->addWidget(buildButtons());
    constexpr int kPause_ms = 400;
    try_timer_.setSingleShot(true);
    try_timer_.setInterval(kPause_ms);
    progress_timer_.setInterval(kPause_ms);
    connectAll();
    onEdited();
    name_->setFocus();
}

QWidget* NewTableDialog::buildFields() {
    auto* left = new QWidget;
    auto* left_layout = new QVBoxLayout(left);
    left_layout->setContentsMargins(0, 0, 12, 0);
    left_layout->setSpacing(10);
    method_->setObjectName(QStringLiteral("shardedMethod"));
    method_->setAccessibleName(tr("Rows go by"));
    method_->addItem(tr("Hash: evenly, by all values"));
    method_->addItem(tr("Range: from one value to another"));
    method_->addItem(tr("List: by single values"));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(6);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(tr("Name"), name_);
    form->addRow(QString(), name_note_);
    form->addRow(tr("Rows go by"), method_);
    form->addRow(QString(), method_note_);
    left_layout->addLayout(form);
    left_layout->addWidget(buildColumns(), 1);
    auto* rights = new QFormLayout;
    rights->setHorizontalSpacing(16);
    rights->setVerticalSpacing(6);
    rights->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    rights->addRow(tr("May read"), readers_);
    rights->addRow(tr("May change"), writers_);
    rights->addRow(QString(), rights_note_);
    left_layout->addLayout(rights);
    check_rows_->setObjectName(QStringLiteral("checkRows"));
    check_rows_->setChecked(true);
    check_rows_->setToolTip(tr("A row in a shard that is not its own would not be found by its key"));
    left_layout->addWidget(check_rows_);

    auto* chosen = new QWidget;
    auto* chosen_layout = new QVBoxLayout(chosen);
    chosen_layout->setContentsMargins(0, 8, 0, 0);
    chosen_layout->setSpacing(6);
    chosen_layout->addWidget(makeHeading(tr("Its shards")));
    chosen_layout->addWidget(shards_, 1);
    chosen_layout->addWidget(shards_note_);
    statement_->setObjectName(QStringLiteral("newTableStatement"));
    statement_->setAccessibleName(tr("What will be run"));
    statement_->setReadOnly(true);
    statement_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    statement_->setFrameShape(QFrame::NoFrame);
    statement_->setFont(monospaceFont());
    auto* run = new QWidget;
    auto* run_layout = new QVBoxLayout(run);
    run_layout->setContentsMargins(0, 8, 0, 0);
    run_layout->setSpacing(6);
    run_layout->addWidget(makeHeading(tr("What will be run")));
    run_layout->addWidget(statement_, 1);
    auto* right = new QSplitter(Qt::Vertical);
    right->setHandleWidth(1);
    right->setChildrenCollapsible(false);
    right->addWidget(picker_);
    right->addWidget(chosen);
    right->addWidget(run);
    constexpr int kParts[] = {200, 180, 190};
    right->setSizes({kParts[0], kParts[1], kParts[2]});
    auto* right_side = new QWidget;
    auto* right_layout = new QVBoxLayout(right_side);
    right_layout->setContentsMargins(12, 0, 0, 0);
    right_layout->addWidget(right);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(left);
    splitter->addWidget(right_side);
    constexpr int kLeftPart = 430;
    constexpr int kRightPart = 650;
    splitter->setSizes({kLeftPart, kRightPart});
    return splitter;
}

QWidget* NewTableDialog::buildColumns() {
    columns_->setObjectName(QStringLiteral("shardedColumns"));
    columns_->setAccessibleName(tr("Columns: which decide the shard, and which identify a row"));
    columns_->setHeaderLabels({tr("Column"), tr("Type"), tr("Decides"), tr("Key")});
    columns_->headerItem()->setToolTip(kShardBy, tr("Decides in which shard a row is"));
    columns_->headerItem()->setToolTip(
        kKey, tr("Identifies a row; without a key rows can be read and inserted, but not changed"));
    styleFactsTable(columns_);
    columns_->setProperty("checks", true);
    columns_->setSelectionMode(QAbstractItemView::SingleSelection);
    constexpr int kWidths[] = {150, 120, 70, 60};
    for (int column = 0; column <= kKey; ++column) {
        columns_->setColumnWidth(column, kWidths[column]);
    }
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(columns_, 1);
    layout->addWidget(shard_by_note_);
    layout->addWidget(key_note_);
    return part;
}

QWidget* NewTableDialog::buildButtons() {
    declare_->setObjectName(QStringLiteral("declareTableButton"));
    declare_->setDefault(true);
    undo_->setToolTip(tr("Takes it out of the mesh again; rows stay where they are"));
    auto* part = new QWidget;
    auto* layout = new QHBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(undo_);
    layout->addStretch();
    layout->addWidget(query_);
    layout->addWidget(close_);
    layout->addWidget(declare_);
    return part;
}

void NewTableDialog::connectAll() {
    for (QLineEdit* edit : {name_, readers_, writers_}) {
        connect(edit, &QLineEdit::textChanged, this, &NewTableDialog::onEdited);
    }
    connect(check_rows_, &QCheckBox::toggled, this, &NewTableDialog::onEdited);
    connect(method_, &QComboBox::currentIndexChanged, this, [this](int index) {
        shards_->setMethod(static_cast<Method>(index));
        onEdited();
    });
    connect(columns_, &QTreeWidget::itemChanged, this, &NewTableDialog::onColumnChanged);
    connect(picker_, &PlacePicker::chosen, shards_, &ShardList::add);
    connect(shards_, &ShardList::changed, this, &NewTableDialog::onPlaces);
    connect(&try_timer_, &QTimer::timeout, this, &NewTableDialog::tryOut);
    connect(&progress_timer_, &QTimer::timeout, this, [this] {
        watch_.refresh();
        showProgress();
    });
    connect(declare_, &QPushButton::clicked, this, &NewTableDialog::declare);
    connect(undo_, &QPushButton::clicked, this, &NewTableDialog::undo);
    connect(query_, &QPushButton::clicked, this, [this] {
        const app::MeshNode* node = watch_.answering();
        const QString name = app::qualifiedName(name_->text().section(QLatin1Char('.'), 0, 0),
                                                name_->text().section(QLatin1Char('.'), 1));
        Q_EMIT queryRequested(node != nullptr ? QString::fromStdString(node->name) : QString(),
                              QStringLiteral("SELECT *\nFROM %1\nLIMIT 100;").arg(name));
        accept();
    });
    connect(close_, &QPushButton::clicked, this, [this] {
        if (step_ == Step::kDeclaring) {
            declaring_.cancel();
            setStep(Step::kWriting);
            note_->setNote(tr("Stopped. Whether it is declared the list behind this window says."));
            return;
        }
        step_ == Step::kDeclared ? accept() : reject();
    });
    connect(&declaring_, &app::QuerySession::stateChanged, this, &NewTableDialog::onDeclaring);
    connect(&declaring_, &app::QuerySession::noticeReceived, this,
            [this](const client::Notice& notice) { warnings_ += QString::fromStdString(notice.message); });
}

app::NewShardedTable NewTableDialog::table() const {
    app::NewShardedTable table;
    table.name = name_->text().trimmed();
    table.method = static_cast<Method>(method_->currentIndex());
    table.shard_by = shard_by_;
    table.key = key_;
    table.readers = app::splitValues(readers_->text());
    table.writers = app::splitValues(writers_->text());
    table.checks_rows = check_rows_->isChecked();
    table.shards = shards_->shards();
    return table;
}

/// All shards have the columns of the first.
void NewTableDialog::onPlaces() {
    const QString first = shards_->shards().empty() ? QString() : shards_->shards().front().at();
    if (first != columns_of_) {
        columns_of_ = first;
        columns_query_.cancel();
        const app::MeshNode* node =
            first.isEmpty() ? nullptr : watch_.mesh()->find(shards_->shards().front().node.toStdString());
        if (node != nullptr && node->client) {
            columns_query_.run(node->client, app::placeColumnsRequest(shards_->shards().front().place),
                               [this](const Result<app::RowsQuery::Rows>& rows) { showColumns(rows); });
        } else {
            showColumns(app::RowsQuery::Rows());
        }
    }
    onEdited();
}

void NewTableDialog::showColumns(const Result<app::RowsQuery::Rows>& rows) {
    {
        const QSignalBlocker blocker(columns_);
        columns_->clear();
        QStringList names;
        for (const app::PlaceColumn& column : rows ? app::readPlaceColumns(*rows) : std::vector<app::PlaceColumn>()) {
            auto* item = new QTreeWidgetItem(columns_, {column.name, column.type});
            item->setCheckState(kShardBy, shard_by_.contains(column.name) ? Qt::Checked : Qt::Unchecked);
            // What the table says is its key is a good beginning.
            if (column.is_key && !key_.contains(column.name)) {
                key_ += column.name;
            }
            item->setCheckState(kKey, key_.contains(column.name) ? Qt::Checked : Qt::Unchecked);
            names += column.name;
        }
        for (QStringList* chosen : {&shard_by_, &key_}) {
            chosen->erase(std::remove_if(chosen->begin(), chosen->end(),
                                         [&](const QString& name) { return !names.contains(name); }),
                          chosen->end());
        }
    }
    onEdited();
    if (!rows) {
        shard_by_note_->setNote(app::sentenceOf(rows.error()), NoteLabel::Tone::kError);
    }
}

void NewTableDialog::onColumnChanged(QTreeWidgetItem* item, int column) {
    if (column != kShardBy && column != kKey) {
        return;
    }
    const QString name = item->text(kName);
    const auto set = [&](QStringList& chosen, int of) {
        chosen.removeAll(name);
        if (item->checkState(of) == Qt::Checked) {
            chosen += name;
        }
    };
    set(column == kShardBy ? shard_by_ : key_, column);
    // Part of the key, where there is one: without it the node refuses it.
    if (column == kShardBy && item->checkState(kShardBy) == Qt::Checked && !key_.isEmpty() && !key_.contains(name)) {
        item->setCheckState(kKey, Qt::Checked);
    }
    onEdited();
}

void NewTableDialog::onEdited() {
    if (step_ == Step::kDeclared) {
        return;
    }
    is_tried_ = false;
    trying_.cancel();
    try_timer_.stop();
    const app::NewShardedTable written = table();
    const std::vector<app::ShardingProblem> missing = app::missingOf(written);
    statement_->setPlainText(app::declareStatement(app::shardingFile(written).text));
    showProblems(missing);
    if (!missing.empty()) {
        note_->setNote({});
    } else if (!asked()) {
        note_->setNote(tr("No node of this mesh that has a shard map answers."), NoteLabel::Tone::kError);
    } else {
        note_->setNote(tr("A node is looking at it…"));
        try_timer_.start();
    }
    setStep(Step::kWriting);
}

void NewTableDialog::tryOut() {
    app::NewShardedTable written = table();
    // Rows are looked at once, when it is declared.
    written.checks_rows = false;
    const app::ShardingFile file = app::shardingFile(written);
    trying_.run(
        asked(), app::tryShardingRequest(file.text), [this, file, written](const Result<app::RowsQuery::Rows>& rows) {
            if (!rows) {
                showProblems(app::problemsOf(rows.error(), file, written));
            } else if (!rows->empty() && rows->front().size() > 1 && rows->front()[1] == QLatin1String("unchanged")) {
                showProblems({{Field::kName, -1, tr("There is such a table already")}});
            } else {
                is_tried_ = true;
                note_->setNote(written.key.isEmpty()
                                   ? tr("It can be declared. Without a key its rows can not be changed.")
                                   : tr("It can be declared."));
            }
            setStep(Step::kWriting);
        });
}

void NewTableDialog::showProblems(const std::vector<app::ShardingProblem>& problems) {
    const auto of = [&](Field field) {
        QStringList texts;
        for (const app::ShardingProblem& problem : problems) {
            if (problem.field == field && problem.shard < 0) {
                texts += problem.text;
            }
        }
        return texts.join(QLatin1Char('\n'));
    };
    // Nobody has written anything wrong yet.
    const auto tone = [this](bool is_begun) { return is_begun ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted; };
    name_note_->setNote(of(Field::kName), tone(!name_->text().isEmpty()));
    shard_by_note_->setNote(of(Field::kShardBy), tone(!shard_by_.isEmpty()));
    key_note_->setNote(of(Field::kKey), NoteLabel::Tone::kError);
    rights_note_->setNote(of(Field::kRights), NoteLabel::Tone::kError);
    QStringList of_shards;
    for (const app::ShardingProblem& problem : problems) {
        if (problem.field == Field::kShards) {
            of_shards +=
                problem.shard < 0 ? problem.text : tr("Shard %1: %2").arg(QString::number(problem.shard), problem.text);
        }
    }
    shards_note_->setNote(of_shards.join(QLatin1Char('\n')), tone(!shards_->shards().empty()));
    shards_->setProblems(problems);
    note_->setNote(of(Field::kOther), NoteLabel::Tone::kError);
}

std::shared_ptr<client::NodeClient> NewTableDialog::asked() const {
    const app::MeshNode* node = watch_.answering();
    return node != nullptr ? node->client : nullptr;
}

void NewTableDialog::declare() {
    if (!declare_->isEnabled()) {
        return;
    }
    warnings_.clear();
    showProblems({});
    setStep(Step::kDeclaring);
    showProgress();
    progress_timer_.start();
    declaring_.run(asked(), app::declareRequest(app::shardingFile(table()).text));
}

void NewTableDialog::onDeclaring() {
    using State = app::QuerySession::State;
    if (declaring_.state() != State::kSucceeded && declaring_.state() != State::kFailed) {
        return;
    }
    progress_timer_.stop();
    Q_EMIT changed();
    if (declaring_.state() == State::kFailed) {
        setStep(Step::kWriting);
        is_tried_ = false;
        showProblems(app::problemsOf(declaring_.error(), app::shardingFile(table()), table()));
        setStep(Step::kWriting);
        return;
    }
    setStep(Step::kDeclared);
    const QString done = tr("%1 is declared, and served by its nodes.").arg(table().name);
    note_->setNote(warnings_.isEmpty() ? done
                                       : tr("%1 is declared, but not served everywhere yet:").arg(table().name) +
                                             QLatin1Char('\n') + warnings_.join(QLatin1Char('\n')),
                   warnings_.isEmpty() ? NoteLabel::Tone::kMuted : NoteLabel::Tone::kError);
}

/// Which nodes have it already.
void NewTableDialog::showProgress() {
    if (step_ != Step::kDeclaring) {
        return;
    }
    const app::NewShardedTable written = table();
    const app::ShardedTableState* made = watch_.picture().find(written.name);
    if (made == nullptr) {
        note_->setNote(written.checks_rows ? tr("The node looks at the rows that are there…")
                                           : tr("The node tries the tables out…"));
        return;
    }
    QStringList serve;
    QStringList wait;
    for (const app::NewShardedTable::Shard& shard : written.shards) {
        const auto& nodes = watch_.picture().nodes;
        const bool serves = std::any_of(nodes.begin(), nodes.end(), [&](const app::ShardNodeState& node) {
            return node.node == shard.node && node.version >= made->version;
        });
        QStringList& list = serves ? serve : wait;
        if (!list.contains(shard.node)) {
            list += shard.node;
        }
    }
    note_->setNote(tr("It is in the shard map. Served by: %1; waiting for: %2")
                       .arg(serve.isEmpty() ? tr("nobody yet") : serve.join(QStringLiteral(", ")),
                            wait.isEmpty() ? tr("nobody") : wait.join(QStringLiteral(", "))));
}

void NewTableDialog::undo() {
    setStep(Step::kDropping);
    dropping_.run(asked(), app::dropShardedTableRequest(table().name),
                  [this](const Result<app::RowsQuery::Rows>& rows) {
                      Q_EMIT changed();
                      setStep(rows ? Step::kWriting : Step::kDeclared);
                      if (rows) {
                          onEdited();
                      } else {
                          note_->setNote(app::sentenceOf(rows.error()), NoteLabel::Tone::kError);
                      }
                  });
}

void NewTableDialog::setStep(Step step) {
    step_ = step;
    const bool is_declared = step == Step::kDeclared || step == Step::kDropping;
    fields_->setEnabled(step == Step::kWriting);
    progress_->setVisible(step == Step::kDeclaring || step == Step::kDropping);
    declare_->setVisible(!is_declared);
    declare_->setEnabled(step == Step::kWriting && is_tried_);
    undo_->setVisible(is_declared);
    undo_->setEnabled(step == Step::kDeclared);
    query_->setVisible(is_declared);
    query_->setEnabled(step == Step::kDeclared);
    close_->setText(step == Step::kDeclaring ? tr("Stop") : is_declared ? tr("Close") : tr("Cancel"));
    close_->setEnabled(step != Step::kDropping);
}

}  // namespace tessera::workbench
