// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Reads an editor's text in a worker, a moment after typing stops, and marks what is wrong in it. GUI thread.

#include "app/core/sql/script_check.h"
#include "app/core/thread/owner_thread.h"

#include <QObject>
#include <QTimer>
#include <memory>

namespace tessera::workbench {

class SqlEditor;

class LiveCheck : public QObject {
    Q_OBJECT

  public:
    static constexpr int kDelay_ms = 150;

    explicit LiveCheck(SqlEditor* editor);

    /// What names are held against; may be null.
    void setNames(std::shared_ptr<const app::NameIndex> names);

  Q_SIGNALS:
    /// The marks are those of the text as it stands.
    void checked();

  private:
    void start();
    void finish(std::uint64_t revision, std::vector<app::ScriptProblem> problems);

    SqlEditor* editor_;
    std::shared_ptr<const app::NameIndex> names_;
    /// Used by one worker at a time.
    std::shared_ptr<app::ScriptCheck> check_ = std::make_shared<app::ScriptCheck>();
    std::uint64_t revision_ = 0;
    bool is_running_ = false;
    QTimer delay_;
    app::OwnerThread owner_thread_;
};

}  // namespace tessera::workbench
