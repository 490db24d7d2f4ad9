// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What the dialogs have in common that tell a node to do something with shards: they stay open until it has begun, and
/// say what the node has against it. GUI thread; never waits.

#include "app/core/session/rows_query.h"

#include <QDialog>
#include <functional>
#include <memory>

namespace tessera::workbench {

class NoteLabel;

class OrderDialog : public QDialog {
    Q_OBJECT

  protected:
    /// `asked`: the node that is told. `note_name`: of the label that says what it has against it.
    OrderDialog(std::shared_ptr<client::NodeClient> asked, const char* note_name, QWidget* parent);

    /// `begun` gets the answer; unless it fails, too, the dialog closes.
    void send(client::QueryRequest request, const QString& trying,
              std::function<Result<void>(const app::RowsQuery::Rows&)> begun);

    bool isSending() const { return sending_.isRunning(); }

    const std::shared_ptr<client::NodeClient>& asked() const { return asked_; }

    NoteLabel* note() const { return note_; }

    /// What can be done, by the fields and by what runs.
    virtual void updateState() = 0;

  private:
    const std::shared_ptr<client::NodeClient> asked_;
    app::RowsQuery sending_;
    NoteLabel* note_;
};

}  // namespace tessera::workbench
