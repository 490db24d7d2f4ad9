#include "app/core/jobs/job_draft.h"

#include "common/config/section.h"
#include "nodeservice/jobs/definition/read.h"

#include <QUuid>
#include <algorithm>
#include <charconv>
#include <utility>

namespace tessera::app {

namespace {

constexpr const char* kOrigin = "job.yaml";
constexpr std::size_t kHistoryMax = 500;

/// Behind "job.yaml:", or 0.
int lineOf(const std::string& message) {
    int line = 0;
    const std::string lead = std::string(kOrigin) + ":";
    if (message.starts_with(lead)) {
        std::from_chars(message.data() + lead.size(), message.data() + message.size(), line);
    }
    return line;
}

/// Without "job.yaml:3:5: ".
std::string withoutPlace(const std::string& message) {
    const std::size_t end = lineOf(message) == 0 ? std::string::npos : message.find(": ");
    return end == std::string::npos ? message : message.substr(end + 2);
}

bool isBeneath(std::string_view path, std::string_view root) {
    return root.empty() || path == root ||
           (path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/');
}

}  // namespace

JobDraft::JobDraft(std::shared_ptr<JobNodes> nodes, QObject* parent)
    : QObject(parent), nodes_(std::move(nodes)), asking_(this) {}

void JobDraft::begin(const QString& name, const QString& owner) {
    reset("job: " + config::quoteScalar(name.toStdString()) + "\nowner: " + config::quoteScalar(owner.toStdString()) +
              "\nsteps:\n  - name: first\n    sql: SELECT 1\n",
          0);
}

void JobDraft::open(const client::JobDetails& details) {
    name_ = details.job.name;
    reset(details.text, details.job.version);
}

void JobDraft::openCopy(const client::JobDetails& details, const QString& name) {
    auto document = JobDocument::parse(details.text);
    if (document) {
        document->set("job", name.toStdString());
    }
    reset(document ? document->text() : details.text, 0);
    saved_text_.clear();
    Q_EMIT changed();
}

void JobDraft::reset(std::string text, std::int64_t version) {
    version_ = version;
    saved_text_ = text;
    history_ = {{text, {}}};
    place_ = 0;
    show(text);
}

void JobDraft::show(const std::string& text) {
    text_ = text;
    auto document = JobDocument::parse(text);
    is_readable_ = document.has_value();
    if (document) {
        document_ = std::move(*document);
    }
    findProblems();
    Q_EMIT changed();
}

void JobDraft::findProblems() {
    problems_.clear();
    auto read = jobs::readDefinition(text_, kOrigin);
    for (const Error& error : read.errors) {
        problems_.push_back(toProblem(error));
    }
    if (read.errors.empty() && version_ != 0 && read.definition.name != name_) {
        problems_.push_back({"job", tr("A job keeps its name. Make a copy to have it under another one."), 1});
    }
    definition_ = problems_.empty() ? std::optional(std::move(read.definition)) : std::nullopt;
}

JobDraft::Problem JobDraft::toProblem(const Error& error) const {
    Problem problem;
    problem.line = lineOf(error.message);
    // Lines of the text are those of the document only if it is written as the document writes it.
    if (problem.line > 0 && is_readable_) {
        problem.path = document_.pathOfLine(problem.line);
    }
    problem.text = QString::fromStdString(withoutPlace(error.message));
    if (!error.hint.empty()) {
        problem.text += QStringLiteral(": ") + QString::fromStdString(error.hint);
    }
    return problem;
}

QString JobDraft::problemOf(std::string_view path) const {
    QStringList texts;
    for (const Problem& problem : problems_) {
        if (problem.path == path) {
            texts += problem.text;
        }
    }
    return texts.join(QLatin1Char('\n'));
}

int JobDraft::problemsBeneath(std::string_view path) const {
    return static_cast<int>(std::count_if(problems_.begin(), problems_.end(),
                                          [&](const Problem& problem) { return isBeneath(problem.path, path); }));
}

std::string JobDraft::yaml() const {
    return definition_ ? jobs::writeDefinition(*definition_) : text_;
}

void JobDraft::push(const std::string& what, std::string text) {
    if (text == text_) {
        return;
    }
    history_.resize(place_ + 1);
    if (place_ > 0 && !what.empty() && history_.back().what == what) {
        history_.back().text = text;
    } else {
        history_.push_back({text, what});
        if (history_.size() > kHistoryMax) {
            history_.erase(history_.begin());
        }
        place_ = history_.size() - 1;
    }
    show(text);
}

void JobDraft::change(const std::string& what, const std::function<void(JobDocument&)>& change) {
    if (!is_readable_) {
        return;
    }
    JobDocument changed = document_;
    change(changed);
    push(what, changed.text());
}

void JobDraft::setYaml(const std::string& text) {
    // Written as the document writes it, so that lines are found again; comments are not kept in any case.
    const auto document = JobDocument::parse(text);
    const bool is_same = document && is_readable_ && *document == document_;
    if (!is_same) {
        push("yaml", text);
    }
}

void JobDraft::undo() {
    if (canUndo()) {
        show(history_[--place_].text);
    }
}

void JobDraft::redo() {
    if (canRedo()) {
        show(history_[++place_].text);
    }
}

client::JobFile JobDraft::file() const {
    return {kOrigin, text_, version_};
}

template <class Work>
void JobDraft::ask(Work work, std::function<void(const Answer&)> done) {
    if (asking_.isRunning()) {
        return;
    }
    asking_.start([nodes = nodes_, work](const TaskControl&) -> Result<Answer> { return work(*nodes); },
                  [this, done = std::move(done), asked = text_](const Result<Answer>& answer) {
                      Q_EMIT askingChanged();
                      if (!answer) {
                          Q_EMIT failed(QString::fromStdString(answer.error().describe()));
                          return;
                      }
                      // What was said of a text that is no more would stand beside the wrong fields.
                      if (!answer->problems.empty() && asked == text_) {
                          findProblems();
                          for (const Error& problem : answer->problems) {
                              problems_.push_back(toProblem(problem));
                          }
                          Q_EMIT changed();
                      }
                      if (answer->problems.empty()) {
                          findProblems();
                          done(*answer);
                      }
                  });
    Q_EMIT askingChanged();
}

void JobDraft::check() {
    ask(
        [file = file()](JobNodes& nodes) -> Result<Answer> {
            const auto said = TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.apply({file}, true); }));
            return Answer{said.problems, said.jobs.empty() ? std::string() : said.jobs.front().diff};
        },
        [this](const Answer& answer) { Q_EMIT checked(QString::fromStdString(answer.diff)); });
}

void JobDraft::save() {
    ask(
        [file = file()](JobNodes& nodes) -> Result<Answer> {
            // Asked twice, it is the same: the second time it is based on a version that is not the newest any more,
            // or nothing changes.
            const auto said = TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.apply({file}, false); }));
            return Answer{said.problems, {}, said.jobs.empty() ? 0 : said.jobs.front().version};
        },
        [this, saved = text_](const Answer& answer) {
            version_ = answer.version;
            saved_text_ = saved;
            name_ = document_.value("job");
            Q_EMIT changed();
            Q_EMIT this->saved();
        });
}

void JobDraft::test(const client::JobParameters& parameters) {
    // With a key, so that a node asked in place of another that did not answer starts no second run.
    const std::string key = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    ask(
        [file = file(), parameters, key](JobNodes& nodes) -> Result<Answer> {
            const auto said =
                TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.test(file, parameters, key); }));
            return Answer{said.problems, {}, 0, said.run};
        },
        [this](const Answer& answer) { Q_EMIT testStarted(answer.run); });
}

}  // namespace tessera::app
