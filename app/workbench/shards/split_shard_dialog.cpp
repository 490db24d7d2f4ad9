// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/split_shard_dialog.h"

#include "app/core/shards/new_sharded_table.h"
#include "app/workbench/shards/dialog_parts.h"
#include "app/workbench/ui/note_label.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

/// Bounds as texts; nothing where the field is not there.
QStringList valuesOf(const QLineEdit* field) {
    return field == nullptr ? QStringList() : app::splitValues(field->text());
}

/// What is copied, and to where.
QString costOf(const app::ShardState& shard) {
    QStringList size;
    if (shard.rows) {
        size += SplitShardDialog::tr("%1 rows").arg(app::roughCount(shard.rows));
    }
    if (shard.bytes) {
        size += QLocale().formattedDataSize(static_cast<qint64>(*shard.bytes));
    }
    const QString what = size.isEmpty() ? SplitShardDialog::tr("All its rows") : size.join(QStringLiteral(", "));
    return SplitShardDialog::tr(
               "%1 at %2 are copied into two new tables while they are read and written; then writes "
               "wait for a moment. The shard keeps its number, the new one has the next.")
        .arg(what, shard.at());
}

}  // namespace

SplitShardDialog::SplitShardDialog(const app::ShardedTableState& table, const app::ShardState& shard,
                                   const app::Mesh& mesh, std::shared_ptr<client::NodeClient> asked, QWidget* parent)
    : OrderDialog(std::move(asked), "splitNote", parent),
      table_(table),
      shard_(shard.number),
      node_(new QComboBox),
      speed_(makeSpeedField("splitSpeed")),
      statement_(makeStatementField("splitStatement")),
      split_(new QPushButton(tr("Split"))) {
    setObjectName(QStringLiteral("splitShardDialog"));
    setWindowTitle(tr("Split shard %1 of %2").arg(shard_).arg(table_.name));
    constexpr QSize kSize(560, 400);
    resize(kSize);
    auto* what = new QLabel(costOf(shard));
    what->setObjectName(QStringLiteral("splitCost"));
    what->setWordWrap(true);
    what->setTextFormat(Qt::PlainText);
    node_->setObjectName(QStringLiteral("splitNode"));
    node_->setAccessibleName(tr("At node"));
    node_->addItem(tr("%1, where it is").arg(shard.node), QString());
    for (const app::MeshNode& node : mesh.nodes) {
        if (const QString name = QString::fromStdString(node.name); name != shard.node) {
            node_->addItem(name, name);
        }
    }
    split_->setObjectName(QStringLiteral("splitButton"));
    auto* form = makeOrderForm();
    form->addRow(tr("Its rows"), new QLabel(shard.rows_of));
    addBounds(*form, shard);
    form->addRow(tr("At node"), node_);
    form->addRow(tr("Rows a second"), speed_);
    auto* layout = makeDialogLayout(*this);
    layout->addWidget(what);
    layout->addLayout(form);
    layout->addWidget(statement_, 1);
    layout->addWidget(note());
    layout->addLayout(makeButtonRow(*this, *split_));
    connect(split_, &QPushButton::clicked, this, &SplitShardDialog::begin);
    connect(node_, &QComboBox::currentIndexChanged, this, &SplitShardDialog::updateState);
    connect(speed_, &QSpinBox::valueChanged, this, &SplitShardDialog::updateState);
    updateState();
}

void SplitShardDialog::addBounds(QFormLayout& form, const app::ShardState& shard) {
    const QString columns = table_.shard_by.join(QStringLiteral(", "));
    if (table_.method == QLatin1String("list")) {
        values_ = addBound(form, "splitValues", tr("The new one takes"), tr("Values of %1: A, B").arg(columns));
    } else if (table_.method == QLatin1String("range") && shard.rows_of == QLatin1String("default")) {
        from_ = addBound(form, "splitFrom", tr("The new one: from"), tr("A value of each of %1").arg(columns));
        to_ = addBound(form, "splitTo", tr("to before"), tr("A value of each of %1").arg(columns));
    } else if (table_.method == QLatin1String("range")) {
        at_ = addBound(form, "splitAt", tr("The new one begins at"), tr("A value of each of %1").arg(columns));
    } else {
        form.addRow(QString(), new QLabel(tr("By hash a shard is split into halves.")));
    }
}

QLineEdit* SplitShardDialog::addBound(QFormLayout& form, const char* object_name, const QString& label,
                                      const QString& hint) {
    auto* field = new QLineEdit;
    field->setObjectName(QLatin1String(object_name));
    field->setAccessibleName(label);
    field->setPlaceholderText(hint);
    field->setToolTip(tr("With commas between; 'a, b' for one with a comma in it"));
    connect(field, &QLineEdit::textChanged, this, &SplitShardDialog::updateState);
    form.addRow(label, field);
    return field;
}

app::ShardSplitOrder SplitShardDialog::order() const {
    return {table_.name,
            shard_,
            valuesOf(at_),
            valuesOf(values_),
            valuesOf(from_),
            valuesOf(to_),
            node_->currentData().toString(),
            speed_->value()};
}

void SplitShardDialog::updateState() {
    statement_->setPlainText(app::splitShardStatement(order()));
    bool is_complete = true;
    for (const QLineEdit* field : {at_, values_, from_, to_}) {
        is_complete = is_complete && (field == nullptr || !field->text().trimmed().isEmpty());
    }
    split_->setEnabled(is_complete && !isSending());
    split_->setToolTip(is_complete ? QString() : tr("First say where the new shard begins and ends"));
}

void SplitShardDialog::begin() {
    send(app::splitShardRequest(order()), tr("Trying the bounds out…"), [this](const app::RowsQuery::Rows&) {
        Q_EMIT begun();
        return Result<void>();
    });
}

}  // namespace tessera::workbench
