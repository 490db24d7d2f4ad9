// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/move_pace_dialog.h"

#include "app/workbench/shards/dialog_parts.h"
#include "app/workbench/ui/note_label.h"

#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

MovePaceDialog::MovePaceDialog(const QString& table, const app::ShardState& shard,
                               std::shared_ptr<client::NodeClient> asked, QWidget* parent)
    : OrderDialog(std::move(asked), "paceNote", parent),
      table_(table),
      shard_(shard.number),
      speed_(makeSpeedField("paceSpeed")),
      statement_(makeStatementField("paceStatement")),
      set_(new QPushButton(tr("Set pace"))) {
    setObjectName(QStringLiteral("movePaceDialog"));
    setWindowTitle(tr("Pace of shard %1 of %2").arg(shard_).arg(table_));
    constexpr QSize kSize(520, 260);
    resize(kSize);
    auto* what = new QLabel(
        shard.move->isOver()
            ? tr("The rows it has left at %1 are being deleted. Slower, they leave more of the source to others.")
                  .arg(shard.move->from)
            : tr("It is on its way to %1. Slower, it leaves more of both sources to others.").arg(shard.move->to));
    what->setWordWrap(true);
    what->setTextFormat(Qt::PlainText);
    speed_->setValue(static_cast<int>(shard.move->rows_per_second));
    set_->setObjectName(QStringLiteral("paceButton"));
    auto* form = makeOrderForm();
    form->addRow(tr("Rows a second"), speed_);
    auto* layout = makeDialogLayout(*this);
    layout->addWidget(what);
    layout->addLayout(form);
    layout->addWidget(statement_, 1);
    layout->addWidget(note());
    layout->addLayout(makeButtonRow(*this, *set_));
    connect(set_, &QPushButton::clicked, this, &MovePaceDialog::begin);
    connect(speed_, &QSpinBox::valueChanged, this, &MovePaceDialog::updateState);
    updateState();
}

int MovePaceDialog::rowsPerSecond() const {
    return speed_->value();
}

void MovePaceDialog::updateState() {
    statement_->setPlainText(app::movePaceStatement(table_, shard_, rowsPerSecond()));
    set_->setEnabled(!isSending());
}

void MovePaceDialog::begin() {
    send(app::movePaceRequest(table_, shard_, rowsPerSecond()), tr("Telling the node…"),
         [](const app::RowsQuery::Rows&) { return Result<void>(); });
}

}  // namespace tessera::workbench
