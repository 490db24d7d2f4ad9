// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/move_shard_dialog.h"

#include "app/workbench/shards/dialog_parts.h"
#include "app/workbench/ui/note_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <vector>

namespace tessera::workbench {

MoveShardDialog::MoveShardDialog(const app::ShardedTableState& table, const app::ShardState& shard,
                                 std::shared_ptr<const app::Mesh> mesh, std::shared_ptr<client::NodeClient> asked,
                                 QWidget* parent)
    : OrderDialog(std::move(asked), "moveNote", parent),
      table_(table.name),
      shard_(shard.number),
      from_(shard.at()),
      mesh_(std::move(mesh)),
      node_(new QComboBox),
      place_(new QComboBox),
      place_note_(new NoteLabel(QStringLiteral("movePlaceNote"))),
      speed_(makeSpeedField("moveSpeed")),
      keep_(new QCheckBox(tr("Keep the rows at the old place"))),
      statement_(makeStatementField("moveStatement")),
      move_(new QPushButton(tr("Move"))) {
    setObjectName(QStringLiteral("moveShardDialog"));
    setWindowTitle(tr("Move shard %1 of %2").arg(shard_).arg(table_));
    constexpr QSize kSize(560, 400);
    resize(kSize);
    for (const app::ShardState& other : table.shards) {
        taken_ += other.at();
    }
    node_->setObjectName(QStringLiteral("moveNode"));
    node_->setAccessibleName(tr("Node"));
    for (const app::MeshNode& node : mesh_->nodes) {
        node_->addItem(QString::fromStdString(node.name));
    }
    place_->setObjectName(QStringLiteral("movePlace"));
    place_->setAccessibleName(tr("Table"));
    place_->setEditable(true);
    place_->setInsertPolicy(QComboBox::NoInsert);
    place_->completer()->setFilterMode(Qt::MatchContains);
    place_->completer()->setCompletionMode(QCompleter::PopupCompletion);
    place_->lineEdit()->setPlaceholderText(tr("An empty table: schema.name"));
    constexpr int kEdges = 10;
    place_->setMinimumHeight(place_->lineEdit()->sizeHint().height() + kEdges);
    keep_->setObjectName(QStringLiteral("moveKeepsOld"));
    keep_->setToolTip(tr("Else they are deleted when the shard is at its new place and nobody reads there any more"));
    move_->setObjectName(QStringLiteral("moveButton"));
    auto* what = new QLabel(tr("Its rows are at %1. They are copied while they are read and written; then writes wait "
                               "for a moment, and the "
                               "shard is at its new place. The rows at the old one are deleted then.")
                                .arg(from_));
    what->setWordWrap(true);
    what->setTextFormat(Qt::PlainText);
    auto* form = makeOrderForm();
    form->addRow(tr("To node"), node_);
    form->addRow(tr("Table"), place_);
    form->addRow(QString(), place_note_);
    form->addRow(tr("Rows a second"), speed_);
    form->addRow(QString(), keep_);
    auto* layout = makeDialogLayout(*this);
    layout->addWidget(what);
    layout->addLayout(form);
    layout->addWidget(statement_, 1);
    layout->addWidget(note());
    layout->addLayout(makeButtonRow(*this, *move_));
    connect(move_, &QPushButton::clicked, this, &MoveShardDialog::begin);
    connect(place_, &QComboBox::currentTextChanged, this, &MoveShardDialog::updateState);
    connect(speed_, &QSpinBox::valueChanged, this, &MoveShardDialog::updateState);
    connect(keep_, &QCheckBox::toggled, this, &MoveShardDialog::updateState);
    // Another node than where it is, if there is one.
    for (int i = 0; i < node_->count(); ++i) {
        if (node_->itemText(i) != shard.node) {
            node_->setCurrentIndex(i);
            break;
        }
    }
    connect(node_, &QComboBox::currentTextChanged, this, &MoveShardDialog::readPlaces);
    readPlaces();
}

void MoveShardDialog::readPlaces() {
    place_->clear();
    const app::MeshNode* node = mesh_->find(node_->currentText().toStdString());
    if (node == nullptr || !node->client) {
        places_.cancel();
        place_note_->setNote(node == nullptr ? QString() : app::sentenceOf(node->error), NoteLabel::Tone::kError);
        return;
    }
    place_note_->setNote(tr("Reading what tables %1 has…").arg(node_->currentText()));
    places_.run(node->client, app::shardPlacesRequest(),
                [this](const Result<app::RowsQuery::Rows>& rows) { showPlaces(rows); });
    updateState();
}

void MoveShardDialog::showPlaces(const Result<app::RowsQuery::Rows>& rows) {
    if (!rows) {
        place_note_->setNote(app::sentenceOf(rows.error()), NoteLabel::Tone::kError);
        return;
    }
    const QString typed = place_->currentText();
    {
        const QSignalBlocker blocker(place_);
        // Those that may be empty first.
        std::vector<app::ShardPlace> places = app::readShardPlaces(*rows);
        std::stable_sort(places.begin(), places.end(), [](const app::ShardPlace& a, const app::ShardPlace& b) {
            return a.rows.value_or(0) == 0 && b.rows.value_or(0) > 0;
        });
        for (const app::ShardPlace& place : places) {
            if (!taken_.contains(node_->currentText() + QLatin1Char('/') + place.text())) {
                place_->addItem(place.text());
                place_->setItemData(place_->count() - 1,
                                    place.rows ? tr("Source %1, %2 rows").arg(place.source, app::roughCount(place.rows))
                                               : tr("Source %1").arg(place.source),
                                    Qt::ToolTipRole);
            }
        }
        place_->setCurrentIndex(-1);
        place_->setEditText(typed);
    }
    place_note_->setNote(
        place_->count() == 0
            ? tr("%1 has no table of a source that is not part of %2 already.").arg(node_->currentText(), table_)
            : QString());
    updateState();
}

QString MoveShardDialog::target() const {
    const QString place = place_->currentText().trimmed();
    return place.isEmpty() ? QString() : node_->currentText() + QLatin1Char('/') + place;
}

app::ShardMoveOrder MoveShardDialog::order() const {
    return {table_, shard_, target(), speed_->value(), keep_->isChecked()};
}

void MoveShardDialog::updateState() {
    const QString to = target();
    statement_->setPlainText(to.isEmpty() ? QString() : app::moveShardStatement(order()));
    move_->setEnabled(!to.isEmpty() && !isSending());
}

void MoveShardDialog::begin() {
    send(app::moveShardRequest(order()), tr("Trying the place out…"), [this](const app::RowsQuery::Rows&) {
        Q_EMIT moved(target());
        return Result<void>();
    });
}

}  // namespace tessera::workbench
