// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/live_check.h"

#include "app/workbench/editor/sql_editor.h"

#include <QThreadPool>
#include <utility>

namespace tessera::workbench {

LiveCheck::LiveCheck(SqlEditor* editor) : QObject(editor), editor_(editor), owner_thread_(this) {
    delay_.setSingleShot(true);
    delay_.setInterval(kDelay_ms);
    connect(&delay_, &QTimer::timeout, this, &LiveCheck::start);
    connect(editor_, &QsciScintilla::textChanged, this, [this] {
        ++revision_;
        delay_.start();
    });
}

void LiveCheck::setNames(std::shared_ptr<const app::NameIndex> names) {
    names_ = std::move(names);
    delay_.start();
}

void LiveCheck::start() {
    if (is_running_) {
        return;  // finish() starts the next one
    }
    is_running_ = true;
    QThreadPool::globalInstance()->start([this, post = owner_thread_.poster(), check = check_, names = names_,
                                          revision = revision_, text = std::string(editor_->utf8())] {
        auto problems = std::make_shared<std::vector<app::ScriptProblem>>(check->run(text, names));
        post([this, revision, problems] { finish(revision, std::move(*problems)); });
    });
}

void LiveCheck::finish(std::uint64_t revision, std::vector<app::ScriptProblem> problems) {
    is_running_ = false;
    if (revision != revision_) {
        if (!delay_.isActive()) {
            start();
        }
        return;
    }
    editor_->showProblems(std::move(problems));
    Q_EMIT checked();
}

}  // namespace tessera::workbench
