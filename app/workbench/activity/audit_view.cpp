// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/activity/audit_view.h"

#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QTreeView>
#include <QVBoxLayout>

namespace tessera::workbench {

AuditView::AuditView(QWidget* parent)
    : QWidget(parent),
      node_(new QComboBox),
      filter_(new QLineEdit),
      only_failed_(new QCheckBox(tr("Failed only"))),
      open_(new QPushButton(tr("Open text"))),
      stack_(new QStackedWidget),
      empty_(new EmptyState),
      table_(makeFactsTable("auditTable", tr("Who ran what"),
                            {tr("When"), tr("Who"), tr("Role"), tr("From"), tr("Command"), tr("Took"), tr("Rows"),
                             tr("Result"), tr("Sources"), tr("Statement")})) {
    setObjectName(QStringLiteral("auditView"));
    node_->setObjectName(QStringLiteral("auditNode"));
    node_->setAccessibleName(tr("Node"));
    filter_->setObjectName(QStringLiteral("auditFilter"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setPlaceholderText(tr("Words in who, text, sources or SQLSTATE"));
    filter_->setClearButtonEnabled(true);
    only_failed_->setObjectName(QStringLiteral("auditFailedOnly"));
    open_->setObjectName(QStringLiteral("auditOpenButton"));
    open_->setProperty("secondary", true);
    empty_->setObjectName(QStringLiteral("auditState"));
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(8);
    bar->addWidget(node_);
    bar->addWidget(filter_, 1);
    bar->addWidget(only_failed_);
    bar->addWidget(open_);
    stack_->addWidget(table_);
    stack_->addWidget(empty_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(stack_, 1);
    constexpr int kDelay_ms = 300;
    filter_timer_.setSingleShot(true);
    filter_timer_.setInterval(kDelay_ms);
    connect(&filter_timer_, &QTimer::timeout, this, &AuditView::refresh);
    connect(filter_, &QLineEdit::textChanged, &filter_timer_, qOverload<>(&QTimer::start));
    connect(filter_, &QLineEdit::returnPressed, this, &AuditView::refresh);
    connect(only_failed_, &QCheckBox::toggled, this, &AuditView::refresh);
    connect(node_, &QComboBox::currentTextChanged, this, &AuditView::refresh);
    connect(empty_, &EmptyState::actionTriggered, this, &AuditView::refresh);
    connect(open_, &QPushButton::clicked, this, &AuditView::openText);
    connect(table_, &QTreeView::activated, this, &AuditView::openText);
    open_->setEnabled(false);
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& current) { open_->setEnabled(current.isValid()); });
}

void AuditView::setMesh(std::shared_ptr<const app::Mesh> mesh) {
    mesh_ = std::move(mesh);
    query_.cancel();
}

void AuditView::setNodes(const QStringList& nodes) {
    for (int row = node_->count() - 1; row >= 0; --row) {
        if (!nodes.contains(node_->itemText(row)) && !mesh_->find(node_->itemText(row).toStdString())) {
            node_->removeItem(row);
        }
    }
    for (const QString& node : nodes) {
        if (node_->findText(node) < 0) {
            node_->addItem(node);
        }
    }
    node_->setVisible(node_->count() > 1);
}

void AuditView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void AuditView::refresh() {
    filter_timer_.stop();
    const app::MeshNode* node = mesh_ ? mesh_->find(node_->currentText().toStdString()) : nullptr;
    if (!isVisible() || node == nullptr || !node->client) {
        return;
    }
    if (entries_.empty()) {
        empty_->setMessage("waiting", tr("Reading the audit trail…"));
        empty_->setAction({});
        stack_->setCurrentWidget(empty_);
    }
    query_.run(node->client, app::auditRequest({filter_->text(), only_failed_->isChecked()}),
               [this](Result<app::RowsQuery::Rows> rows) { take(std::move(rows)); });
}

void AuditView::take(Result<app::RowsQuery::Rows> rows) {
    if (!rows) {
        entries_.clear();
        empty_->setMessage("error", QString::fromStdString(rows.error().message),
                           QString::fromStdString(rows.error().hint), EmptyState::Tone::kError);
        empty_->setAction(tr("Retry"));
        stack_->setCurrentWidget(empty_);
        return;
    }
    entries_ = app::readAudit(*rows);
    const QLocale locale;
    QList<QStringList> lines;
    for (const app::AuditEntry& entry : entries_) {
        const bool is_fine = entry.sqlstate == QLatin1String("00000");
        lines += QStringList{locale.toString(entry.time, QStringLiteral("yyyy-MM-dd HH:mm:ss")),
                             entry.subject,
                             entry.role,
                             entry.client,
                             entry.command,
                             app::durationText(static_cast<qint64>(entry.elapsed_ms)),
                             entry.rows ? locale.toString(*entry.rows) : QString(),
                             is_fine ? tr("done") : entry.sqlstate,
                             entry.sources,
                             entry.text};
    }
    fillFactsTable(table_, lines);
    applyColors();
    empty_->setAction({});
    empty_->setMessage("audit", tr("Nothing of that kind is written down"),
                       filter_->text().isEmpty() ? QString() : tr("Other words may find something"));
    stack_->setCurrentWidget(entries_.empty() ? static_cast<QWidget*>(empty_) : table_);
}

void AuditView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void AuditView::applyColors() {
    auto* model = qobject_cast<QStandardItemModel*>(table_->model());
    constexpr int kResult = 7;
    for (int row = 0; row < model->rowCount(); ++row) {
        if (entries_[static_cast<std::size_t>(row)].sqlstate != QLatin1String("00000")) {
            model->item(row, kResult)->setForeground(currentTheme().error);
        }
    }
}

void AuditView::openText() {
    const int row = table_->currentIndex().row();
    if (row >= 0 && static_cast<std::size_t>(row) < entries_.size()) {
        Q_EMIT queryRequested(node_->currentText(), entries_[static_cast<std::size_t>(row)].text);
    }
}

}  // namespace tessera::workbench
