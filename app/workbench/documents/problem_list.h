// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What is wrong with a file that is being written, a line each; hidden while nothing is. GUI thread.

#include "app/core/documents/document_draft.h"

#include <QListWidget>

namespace tessera::workbench {

class ProblemList : public QListWidget {
    Q_OBJECT

  public:
    ProblemList(app::DocumentDraft& draft, const char* object_name, QWidget* parent = nullptr);

  Q_SIGNALS:
    /// The person wants to go there: a line from 1, 0 when it is of no line; likewise the column.
    void chosen(int line, int column);

  private:
    void showAll();

    app::DocumentDraft& draft_;
};

}  // namespace tessera::workbench
