// SPDX-License-Identifier: GPL-3.0-or-later
// ShardsView's buttons: what they ask, and what is said when it was done.
#include "app/workbench/shards/move_pace_dialog.h"
#include "app/workbench/shards/move_shard_dialog.h"
#include "app/workbench/shards/new_table_dialog.h"
#include "app/workbench/shards/shard_plan_dialog.h"
#include "app/workbench/shards/shards_view.h"
#include "app/workbench/shards/split_shard_dialog.h"
#include "app/workbench/ui/note_label.h"

#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <utility>

namespace tessera::workbench {

void ShardsView::declareTable() {
    if (watch_.answering() == nullptr) {
        return;
    }
    auto* dialog = new NewTableDialog(watch_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &NewTableDialog::changed, &watch_, &app::ShardsWatch::refresh);
    connect(dialog, &NewTableDialog::queryRequested, this, &ShardsView::queryRequested);
    dialog->open();
}

void ShardsView::move() {
    const app::ShardedTableState* table = currentTable();
    const app::ShardState* shard = currentShard();
    if (shard == nullptr || !move_->isEnabled()) {
        return;
    }
    auto* dialog = new MoveShardDialog(*table, *shard, watch_.mesh(), watch_.answering()->client, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &MoveShardDialog::moved, this,
            [this, name = table->name, number = shard->number](const QString& to) {
                sent_[{name, number}] = to;
                note(tr("Shard %1 of %2 is on its way to %3.").arg(QString::number(number), name, to), false);
                watch_.refresh();
            });
    dialog->open();
}

void ShardsView::split() {
    if (!split_->isEnabled()) {
        return;
    }
    const app::ShardedTableState* table = currentTable();
    const app::ShardState* shard = currentShard();
    auto* dialog = new SplitShardDialog(*table, *shard, *watch_.mesh(), watch_.answering()->client, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SplitShardDialog::begun, this, [this, name = table->name, number = shard->number] {
        note(tr("Shard %1 of %2 is being split.").arg(QString::number(number), name), false);
        watch_.refresh();
    });
    dialog->open();
}

void ShardsView::rebalance(const QString& table) {
    plan({.kind = app::ShardsOrder::Kind::kRebalance, .table = table, .node = {}});
}

void ShardsView::drain() {
    const app::ShardNodeState* node = currentNode();
    if (node == nullptr) {
        return;
    }
    if (node->is_drained) {
        run(app::undrainRequest(node->node), tr("%1 gets shards again.").arg(node->node));
    } else {
        plan({.kind = app::ShardsOrder::Kind::kDrain, .table = {}, .node = node->node});
    }
}

void ShardsView::plan(app::ShardsOrder order) {
    if (watch_.answering() == nullptr) {
        return;
    }
    auto* dialog = new ShardPlanDialog(std::move(order), watch_.answering()->client, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ShardPlanDialog::begun, this, [this](const app::ShardsOrder& begun, const app::ShardPlan& moves) {
        for (const app::PlannedShardMove& move : moves.moves) {
            sent_[{move.table, move.shard}] = move.to;
        }
        QStringList texts = {tr("Shards on their way: %1.").arg(moves.moves.size())};
        if (begun.kind == app::ShardsOrder::Kind::kDrain) {
            texts += tr("%1 gets no more of them.").arg(begun.node);
        }
        note((texts + moves.problems).join(QLatin1Char(' ')), false);
        watch_.refresh();
    });
    dialog->open();
}

void ShardsView::setPace() {
    const app::ShardedTableState* table = currentTable();
    const app::ShardState* shard = currentShard();
    if (shard == nullptr || !pace_->isEnabled()) {
        return;
    }
    auto* dialog = new MovePaceDialog(table->name, *shard, watch_.answering()->client, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, name = table->name, number = shard->number] {
        const int speed = dialog->rowsPerSecond();
        note(speed == 0 ? tr("Shard %1 of %2 goes as fast as it can.").arg(number).arg(name)
                        : tr("Shard %1 of %2 goes at %3 rows a second at most.")
                              .arg(QString::number(number), name, QLocale().toString(speed)),
             false);
        watch_.refresh();
    });
    dialog->open();
}

void ShardsView::cancelMove() {
    const app::ShardState* shard = currentShard();
    if (shard != nullptr && cancel_->isEnabled()) {
        run(app::cancelMoveRequest(currentTable()->name, shard->number),
            tr("Shard %1 of %2 stays at %3.").arg(QString::number(shard->number), currentTable()->name, shard->at()));
    }
}

void ShardsView::countRows() {
    const app::ShardedTableState* table = currentTable();
    const app::ShardState* chosen = currentShard();
    for (const app::ShardState& shard : table->shards) {
        if (chosen != nullptr && chosen->number != shard.number) {
            continue;
        }
        const app::MeshNode* node = watch_.mesh()->find(shard.node.toStdString());
        if (node == nullptr || !node->client) {
            note(tr("Node %1 is not in this mesh, so that it can not be asked.").arg(shard.node), true);
            continue;
        }
        auto& query = counting_[shard.at()];
        query = std::make_unique<app::RowsQuery>();
        query->run(node->client, app::countRowsRequest(shard.place),
                   [this, at = shard.at()](const Result<app::RowsQuery::Rows>& rows) {
                       if (rows && !rows->empty()) {
                           counted_[at] = rows->front().front().toLongLong();
                       } else if (!rows) {
                           note(tr("%1 was not counted: %2").arg(at, QString::fromStdString(rows.error().message)),
                                true);
                       }
                       // Not within its own call.
                       counting_.extract(at).mapped().release()->deleteLater();
                       showState();
                   });
    }
    showState();
}

void ShardsView::drop() {
    const app::ShardedTableState* table = currentTable();
    if (table == nullptr) {
        return;
    }
    auto* box = new QMessageBox(QMessageBox::Question, tr("Drop %1").arg(table->name),
                                tr("Take %1 out of the mesh?").arg(table->name), QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("dropShardedTableBox"));
    box->setInformativeText(
        tr("Its rows stay where they are, in the tables that it was made of. It can be declared again at any time."));
    QPushButton* yes = box->addButton(tr("Drop table"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("dropShardedTableYes"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(yes, &QPushButton::clicked, this, [this, name = table->name] {
        run(app::dropShardedTableRequest(name), tr("%1 is dropped. Its rows are where they were.").arg(name));
    });
    box->open();
}

void ShardsView::run(client::QueryRequest request, const QString& done) {
    if (watch_.answering() == nullptr) {
        return;
    }
    change_.run(watch_.answering()->client, std::move(request), [this, done](const Result<app::RowsQuery::Rows>& rows) {
        if (rows) {
            note(done, false);
        } else {
            note(app::sentenceOf(rows.error()), true);
        }
        updateButtons();
        watch_.refresh();
    });
    updateButtons();
}

}  // namespace tessera::workbench
