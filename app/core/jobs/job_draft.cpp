#include "app/core/jobs/job_draft.h"

#include "common/config/section.h"
#include "nodeservice/jobs/definition/read.h"

#include <QUuid>
#include <utility>

namespace tessera::app {

namespace {

constexpr const char* kOrigin = "job.yaml";

}  // namespace

JobDraft::JobDraft(std::shared_ptr<JobNodes> nodes, QObject* parent)
    : DocumentDraft(kOrigin, parent), nodes_(std::move(nodes)), asking_(this) {}

void JobDraft::begin(const QString& name, const QString& owner) {
    version_ = 0;
    reset("job: " + config::quoteScalar(name.toStdString()) + "\nowner: " + config::quoteScalar(owner.toStdString()) +
          "\nsteps:\n  - name: first\n    sql: SELECT 1\n");
}

void JobDraft::open(const client::JobDetails& details) {
    name_ = details.job.name;
    version_ = details.job.version;
    reset(details.text);
}

void JobDraft::restore(const std::string& name, std::int64_t version, const std::string& saved,
                       const std::string& text) {
    name_ = name;
    version_ = version;
    reset(saved);
    setText(text);
}

void JobDraft::openCopy(const client::JobDetails& details, const QString& name) {
    auto document = YamlDocument::parse(details.text);
    if (document) {
        document->set("job", name.toStdString());
    }
    version_ = 0;
    reset(document ? document->text() : details.text);
    forgetSaved();
    Q_EMIT changed();
}

std::vector<Error> JobDraft::findErrors() {
    auto read = jobs::readDefinition(text(), kOrigin);
    std::vector<Error> errors = std::move(read.errors);
    if (errors.empty() && version_ != 0 && read.definition.name != name_) {
        errors.push_back(fail(ErrorCode::kInvalidArgument,
                              std::string(kOrigin) + ":1: " +
                                  tr("A job keeps its name. Make a copy to have it under another one.").toStdString()));
    }
    definition_ = errors.empty() ? std::optional(std::move(read.definition)) : std::nullopt;
    return errors;
}

std::string JobDraft::yaml() const {
    return definition_ ? jobs::writeDefinition(*definition_) : text();
}

void JobDraft::setYaml(const std::string& text) {
    const auto written = YamlDocument::parse(text);
    const bool is_same = written && isReadable() && *written == document();
    if (!is_same) {
        setText(text);
    }
}

client::JobFile JobDraft::file() const {
    return {kOrigin, text(), version_};
}

template <class Work>
void JobDraft::ask(Work work, std::function<void(const Answer&)> done) {
    if (asking_.isRunning()) {
        return;
    }
    asking_.start([nodes = nodes_, work](const TaskControl&) -> Result<Answer> { return work(*nodes); },
                  [this, done = std::move(done), asked = text()](const Result<Answer>& answer) {
                      Q_EMIT askingChanged();
                      if (!answer) {
                          Q_EMIT failed(QString::fromStdString(answer.error().describe()));
                          return;
                      }
                      // What was said of a text that is no more would stand beside the wrong fields.
                      if (!answer->problems.empty() && asked == text()) {
                          setErrors(answer->problems);
                          Q_EMIT changed();
                      }
                      if (answer->problems.empty()) {
                          setErrors({});
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
        [this, saved = text()](const Answer& answer) {
            version_ = answer.version;
            setSaved(saved);
            name_ = document().value("job");
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
