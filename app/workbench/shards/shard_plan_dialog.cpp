// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/shard_plan_dialog.h"

#include "app/core/catalog/catalog_model.h"
#include "app/core/shards/shard_map.h"
#include "app/workbench/shards/dialog_parts.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeView>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

namespace tessera::workbench {

namespace {

QString bytesText(const std::optional<double>& bytes) {
    return bytes ? QStringLiteral("≈ ") + QLocale().formattedDataSize(static_cast<qint64>(*bytes)) : QString();
}

QString secondsText(const std::optional<double>& seconds) {
    return seconds ? ShardPlanDialog::tr("≈ %1 s").arg(QLocale().toString(std::ceil(*seconds), 'f', 0)) : QString();
}

}  // namespace

ShardPlanDialog::ShardPlanDialog(app::ShardsOrder order, std::shared_ptr<client::NodeClient> asked, QWidget* parent)
    : OrderDialog(std::move(asked), "planNote", parent),
      order_(std::move(order)),
      what_(new QLabel),
      moves_(makeFactsTable("planMoves", tr("What would move"),
                            {tr("Table"), tr("Shard"), tr("From"), tr("To"), tr("Rows"), tr("Bytes"), tr("Time")})),
      total_(new QLabel),
      speed_(makeSpeedField("planSpeed")),
      keep_(new QCheckBox(tr("Keep the rows at the old places"))),
      statement_(makeStatementField("planStatement")),
      begin_(new QPushButton(isDrain() ? tr("Drain") : tr("Rebalance"))) {
    setObjectName(QStringLiteral("shardPlanDialog"));
    setWindowTitle(isDrain()                ? tr("Drain node %1").arg(order_.node)
                   : order_.table.isEmpty() ? tr("Rebalance all sharded tables")
                                            : tr("Rebalance %1").arg(order_.table));
    constexpr QSize kSize(880, 520);
    resize(kSize);
    buildFields();
    auto* form = makeOrderForm();
    form->addRow(tr("Rows a second"), speed_);
    form->addRow(QString(), keep_);
    auto* layout = makeDialogLayout(*this);
    layout->addWidget(what_);
    layout->addWidget(moves_, 1);
    layout->addWidget(note());
    layout->addLayout(form);
    layout->addWidget(statement_);
    layout->addLayout(makeButtonRow(*this, *begin_, total_));
    connect(begin_, &QPushButton::clicked, this, &ShardPlanDialog::begin);
    connect(speed_, &QSpinBox::valueChanged, this, &ShardPlanDialog::updateState);
    connect(keep_, &QCheckBox::toggled, this, &ShardPlanDialog::updateState);
    plan();
}

void ShardPlanDialog::buildFields() {
    what_->setWordWrap(true);
    what_->setTextFormat(Qt::PlainText);
    what_->setText(isDrain() ? tr("All shards of %1 go to other nodes, and it gets no more of them until that is taken "
                                  "back. Tables are read and written meanwhile.")
                                   .arg(order_.node)
                             : tr("Shards go to other nodes until all have about as much of them. Tables are read and "
                                  "written meanwhile; each move can be cancelled."));
    total_->setObjectName(QStringLiteral("planTotal"));
    total_->setTextFormat(Qt::PlainText);
    speed_->setToolTip(tr("Of each move"));
    keep_->setObjectName(QStringLiteral("planKeepsOld"));
    keep_->setToolTip(tr("Else they are deleted when a shard is at its new place and nobody reads there any more"));
    constexpr int kLines = 2;
    statement_->setFixedHeight(kLines * statement_->fontMetrics().lineSpacing() + 12);
    begin_->setObjectName(QStringLiteral("planBegin"));
}

void ShardPlanDialog::plan() {
    note()->setNote(tr("Asking the node what would move…"));
    planning_.run(asked(), app::shardPlanRequest(order_, app::PlanRun::kDry),
                  [this](const Result<app::RowsQuery::Rows>& rows) { showPlan(rows); });
    updateState();
}

QString ShardPlanDialog::totalText(const app::ShardPlan& plan) {
    if (plan.moves.empty()) {
        return {};
    }
    double rows = 0;
    double bytes = 0;
    // Nodes measure their shards now and then.
    int unknown = 0;
    for (const app::PlannedShardMove& move : plan.moves) {
        rows += move.rows.value_or(0);
        bytes += move.bytes.value_or(0);
        unknown += move.rows ? 0 : 1;
    }
    const auto count = QString::number(plan.moves.size());
    if (unknown == static_cast<int>(plan.moves.size())) {
        return tr("Shards that move: %1 · their size is not known yet").arg(count);
    }
    const QString known = tr("Shards that move: %1 · %2 rows · %3").arg(count, app::roughCount(rows), bytesText(bytes));
    return unknown == 0 ? known : known + tr(" · without %n whose size is not known yet", nullptr, unknown);
}

void ShardPlanDialog::showPlan(const Result<app::RowsQuery::Rows>& rows) {
    const Result<app::ShardPlan> plan = rows ? app::readShardPlan(*rows) : Result<app::ShardPlan>(rows.error());
    if (!plan) {
        note()->setNote(app::sentenceOf(plan.error()), NoteLabel::Tone::kError);
        updateState();
        return;
    }
    plan_ = *plan;
    QList<QStringList> lines;
    for (const app::PlannedShardMove& move : plan_->moves) {
        lines += QStringList{move.table,
                             QString::number(move.shard),
                             move.from,
                             move.to,
                             app::roughCount(move.rows),
                             bytesText(move.bytes),
                             secondsText(move.seconds)};
    }
    fillFactsTable(moves_, lines);
    total_->setText(totalText(*plan_));
    QStringList notes;
    for (const QString& problem : plan_->problems) {
        notes += app::sentenceOf(problem);
    }
    if (plan_->moves.empty()) {
        notes.prepend(isDrain() ? tr("The node has no shard that could move.")
                                : tr("Nothing would move: the nodes have about as much of them."));
    }
    note()->setNote(notes.join(QLatin1Char('\n')));
    updateState();
}

void ShardPlanDialog::updateState() {
    order_.rows_per_second = speed_->value();
    order_.keeps_old = keep_->isChecked();
    statement_->setPlainText(app::shardPlanStatement(order_));
    // A node without shards can be drained, too: it gets none from then on.
    const bool is_of_use = plan_ && (isDrain() || !plan_->moves.empty());
    begin_->setEnabled(is_of_use && !isSending());
    begin_->setToolTip(!plan_       ? tr("First the node has to say what would move")
                       : !is_of_use ? tr("Nothing would move")
                                    : QString());
}

void ShardPlanDialog::begin() {
    send(app::shardPlanRequest(order_, app::PlanRun::kReal), tr("Trying the places out…"),
         [this](const app::RowsQuery::Rows& rows) -> Result<void> {
             const app::ShardPlan plan = TSR_TRY(app::readShardPlan(rows));
             Q_EMIT begun(order_, plan);
             return {};
         });
}

}  // namespace tessera::workbench
