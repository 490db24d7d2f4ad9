// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/add_source_dialog.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

QLineEdit* makeEdit(const char* object_name, const QString& accessible_name, const QString& hint = {}) {
    auto* edit = new QLineEdit;
    edit->setObjectName(QLatin1String(object_name));
    edit->setAccessibleName(accessible_name);
    edit->setPlaceholderText(hint);
    return edit;
}

}  // namespace

AddSourceDialog::AddSourceDialog(const QString& node, std::shared_ptr<client::NodeClient> client, QWidget* parent)
    : QDialog(parent),
      node_(node),
      client_(std::move(client)),
      kinds_(app::sourceKinds()),
      steps_(new QStackedWidget),
      note_(new NoteLabel(QStringLiteral("addSourceNote"))),
      back_(new QPushButton(tr("Back"))),
      next_(new QPushButton) {
    setObjectName(QStringLiteral("addSourceDialog"));
    setWindowTitle(tr("Add a source to %1").arg(node_));
    constexpr QSize kSize(640, 520);
    resize(kSize);
    steps_->addWidget(buildWhere());
    steps_->addWidget(buildWhat());
    back_->setObjectName(QStringLiteral("addSourceBack"));
    back_->setProperty("secondary", true);
    back_->setAutoDefault(false);
    next_->setObjectName(QStringLiteral("addSourceNext"));
    next_->setDefault(true);
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("addSourceCancel"));
    cancel->setProperty("secondary", true);
    cancel->setAutoDefault(false);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(back_);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(next_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(steps_, 1);
    layout->addWidget(note_);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(back_, &QPushButton::clicked, this, [this] {
        session_.cancel();
        steps_->setCurrentIndex(0);
        setNote({}, false);
        updateButtons();
    });
    connect(next_, &QPushButton::clicked, this, [this] { steps_->currentIndex() == 0 ? tryOut() : add(); });
    connect(&session_, &app::QuerySession::stateChanged, this, &AddSourceDialog::onState);
    connect(&session_, &app::QuerySession::noticeReceived, this, [this](const client::Notice& notice) {
        if (auto tables = app::readPreview(notice); tables && is_preview_) {
            tables_ = std::move(*tables);
        }
    });
    showFields();
}

QWidget* AddSourceDialog::buildWhere() {
    kind_ = new QComboBox;
    kind_->setObjectName(QStringLiteral("sourceKind"));
    kind_->setAccessibleName(tr("Kind"));
    for (const app::SourceKind& kind : kinds_) {
        kind_->addItem(kind.title);
    }
    name_ = makeEdit("sourceName", tr("Name"), tr("What it is called on this node"));
    comment_ = makeEdit("sourceComment", tr("What it holds"), tr("In a sentence; may be empty"));
    remote_schema_ = makeEdit("sourceRemoteSchema", tr("Schema there"));
    auto* page = new QWidget;
    form_ = new QFormLayout(page);
    form_->setContentsMargins(0, 0, 0, 0);
    form_->setHorizontalSpacing(16);
    form_->setVerticalSpacing(10);
    form_->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form_->addRow(tr("Kind"), kind_);
    form_->addRow(tr("Name"), name_);
    form_->addRow(tr("What it holds"), comment_);
    form_->addRow(tr("Schema there"), remote_schema_);
    connect(kind_, &QComboBox::currentIndexChanged, this, &AddSourceDialog::showFields);
    for (QLineEdit* edit : {name_, remote_schema_}) {
        connect(edit, &QLineEdit::textChanged, this, &AddSourceDialog::updateButtons);
    }
    return page;
}

QWidget* AddSourceDialog::buildWhat() {
    preview_ = new QTreeWidget;
    preview_->setObjectName(QStringLiteral("sourcePreview"));
    preview_->setAccessibleName(tr("Tables of the source"));
    preview_->setHeaderLabels({tr("Table"), tr("Columns")});
    styleFactsTable(preview_);
    preview_->setRootIsDecorated(true);
    preview_->setSelectionMode(QAbstractItemView::SingleSelection);
    preview_->setProperty("checks", true);
    statements_ = new QPlainTextEdit;
    statements_->setObjectName(QStringLiteral("sourceStatements"));
    statements_->setAccessibleName(tr("What will be run"));
    statements_->setReadOnly(true);
    statements_->setFrameShape(QFrame::NoFrame);
    statements_->setFont(monospaceFont());
    local_schema_ = makeEdit("sourceLocalSchema", tr("Schema here"));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->addRow(tr("Schema here"), local_schema_);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setHandleWidth(1);
    splitter->addWidget(preview_);
    splitter->addWidget(statements_);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 1);
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addLayout(form);
    layout->addWidget(splitter, 1);
    connect(local_schema_, &QLineEdit::textChanged, this, &AddSourceDialog::updateButtons);
    connect(preview_, &QTreeWidget::itemChanged, this, &AddSourceDialog::updateButtons);
    return page;
}

void AddSourceDialog::showFields() {
    // Host, database, … stand between what it holds and the schema.
    constexpr int kFirstRow = 3;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        form_->removeRow(kFirstRow);
    }
    fields_.clear();
    const app::SourceKind& kind = kinds_[static_cast<std::size_t>(kind_->currentIndex())];
    int row = kFirstRow;
    for (const app::SourceKind::Field& field : kind.fields) {
        auto* edit = new QLineEdit;
        edit->setObjectName(QStringLiteral("sourceField_") + field.option);
        edit->setAccessibleName(field.label);
        edit->setPlaceholderText(field.hint);
        edit->setEchoMode(field.is_secret ? QLineEdit::Password : QLineEdit::Normal);
        form_->insertRow(row++, field.label, edit);
        connect(edit, &QLineEdit::textChanged, this, &AddSourceDialog::updateButtons);
        fields_.push_back({field, edit});
    }
    remote_schema_->setText(kind.default_schema);
    updateButtons();
}

void AddSourceDialog::updateButtons() {
    const bool is_where = steps_->currentIndex() == 0;
    const bool is_running = session_.isRunning();
    back_->setVisible(!is_where);
    next_->setText(is_where ? tr("Try it out") : tr("Add"));
    bool is_complete = !name_->text().trimmed().isEmpty() && !remote_schema_->text().trimmed().isEmpty();
    for (const FieldEdit& field : fields_) {
        is_complete = is_complete && (!field.field.is_required || !field.edit->text().isEmpty());
    }
    if (!is_where) {
        bool has_table = false;
        for (int row = 0; row < preview_->topLevelItemCount(); ++row) {
            has_table = has_table || preview_->topLevelItem(row)->checkState(0) == Qt::Checked;
        }
        is_complete = has_table && !local_schema_->text().trimmed().isEmpty();
        statements_->setPlainText(app::createStatements(source()));
    }
    next_->setEnabled(is_complete && !is_running);
}

app::NewSource AddSourceDialog::source() const {
    app::NewSource source;
    source.name = name_->text().trimmed();
    source.connector = kinds_[static_cast<std::size_t>(kind_->currentIndex())].connector;
    source.comment = comment_->text().trimmed();
    source.remote_schema = remote_schema_->text().trimmed();
    source.local_schema = local_schema_->text().trimmed();
    for (const FieldEdit& field : fields_) {
        if (!field.edit->text().isEmpty()) {
            (field.field.is_credential ? source.credentials : source.options)
                .emplace_back(field.field.option, field.edit->text());
        }
    }
    if (steps_->currentIndex() == 1) {
        QStringList tables;
        for (int row = 0; row < preview_->topLevelItemCount(); ++row) {
            if (preview_->topLevelItem(row)->checkState(0) == Qt::Checked) {
                tables += preview_->topLevelItem(row)->text(0);
            }
        }
        // All of them are not named: those that come later are wanted, too, when it is imported again.
        source.tables = tables.size() == preview_->topLevelItemCount() ? QStringList() : tables;
    }
    return source;
}

void AddSourceDialog::tryOut() {
    is_preview_ = true;
    tables_.clear();
    setNote(tr("Connecting with the source and looking at its tables…"), false);
    session_.run(client_, app::previewRequest(source()));
}

void AddSourceDialog::add() {
    is_preview_ = false;
    setNote(tr("Adding it…"), false);
    session_.run(client_, app::createRequest(source()));
}

void AddSourceDialog::onState() {
    using State = app::QuerySession::State;
    updateButtons();
    if (session_.state() == State::kSucceeded && !is_preview_) {
        Q_EMIT added(node_);
        accept();
    } else if (session_.state() == State::kFailed) {
        if (is_preview_) {
            onTried(session_.error());
        } else {
            showProblem(session_.error());
        }
    }
}

void AddSourceDialog::onTried(const Error& error) {
    if (error.sqlstate != app::kPreviewSqlState) {
        showProblem(error);
        return;
    }
    if (tables_.empty()) {
        setNote(tr("The source answers, but it has no tables in schema %1.").arg(remote_schema_->text()), true);
        return;
    }
    const QSignalBlocker blocker(preview_);
    preview_->clear();
    for (const app::PreviewedTable& table : tables_) {
        auto* item = new QTreeWidgetItem(preview_, {table.name, QString::number(table.columns.size())});
        item->setCheckState(0, Qt::Checked);
        item->setIcon(0, icon("foreign-table", currentTheme().muted_text));
        for (const QString& column : table.columns) {
            new QTreeWidgetItem(item, {column});
        }
    }
    preview_->resizeColumnToContents(0);
    if (local_schema_->text().isEmpty()) {
        local_schema_->setText(name_->text().trimmed());
    }
    steps_->setCurrentIndex(1);
    setNote(tr("The source answers. Nothing was kept of trying it out."), false);
    updateButtons();
    preview_->setFocus();
}

void AddSourceDialog::showProblem(const Error& error) {
    QString text = QString::fromStdString(error.message);
    if (error.code == ErrorCode::kPermissionDenied) {
        text +=
            QLatin1Char('\n') + tr("To add sources takes USAGE on the foreign-data wrapper tessera_fdw and CREATE on "
                                   "the database: who runs the node may grant both.");
    } else if (!error.hint.empty()) {
        text += QLatin1Char('\n') + QString::fromStdString(error.hint);
    }
    setNote(text.left(1).toUpper() + text.mid(1), true);
}

void AddSourceDialog::setNote(const QString& text, bool is_problem) {
    note_->setNote(text, is_problem ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted);
}

}  // namespace tessera::workbench
