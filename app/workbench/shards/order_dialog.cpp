// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/order_dialog.h"

#include "app/core/shards/shard_map.h"
#include "app/workbench/ui/note_label.h"

#include <utility>

namespace tessera::workbench {

OrderDialog::OrderDialog(std::shared_ptr<client::NodeClient> asked, const char* note_name, QWidget* parent)
    : QDialog(parent), asked_(std::move(asked)), note_(new NoteLabel(QLatin1String(note_name))) {}

void OrderDialog::send(client::QueryRequest request, const QString& trying,
                       std::function<Result<void>(const app::RowsQuery::Rows&)> begun) {
    note_->setNote(trying);
    sending_.run(asked_, std::move(request),
                 [this, begun = std::move(begun)](const Result<app::RowsQuery::Rows>& rows) {
                     const Result<void> done = rows ? begun(*rows) : Result<void>(rows.error());
                     if (done) {
                         accept();
                         return;
                     }
                     note_->setNote(app::sentenceOf(done.error()), NoteLabel::Tone::kError);
                     updateState();
                 });
    updateState();
}

}  // namespace tessera::workbench
