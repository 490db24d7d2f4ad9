#include "app/core/endpoints/endpoint_draft.h"

#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/model/read.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tessera::app {

namespace {

const char* originOf(EndpointDraft::Kind kind) {
    return kind == EndpointDraft::Kind::kModel ? "model.yaml" : "endpoint.sql";
}

/// Where the header begins and ends; none when there is no whole one.
std::optional<std::pair<std::size_t, std::size_t>> headerOf(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const bool has_one = begin != std::string::npos && text.compare(begin, 2, "/*") == 0;
    const std::size_t end = has_one ? text.find("*/", begin + 2) : std::string::npos;
    return end == std::string::npos ? std::nullopt : std::optional(std::pair(begin, end));
}

/// Models are judged together with those they lead to: these are taken as they are published.
Result<std::vector<client::EndpointFile>> filesOf(EndpointNodes& nodes, const std::string& origin,
                                                  const std::string& text,
                                                  const std::optional<endpoints::Model>& model) {
    std::vector<client::EndpointFile> files = {{origin, text}};
    if (!model) {
        return files;
    }
    std::set<std::string> known = {model->name};
    std::vector<endpoints::Model> waiting = {*model};
    while (!waiting.empty()) {
        const endpoints::Model current = std::move(waiting.back());
        waiting.pop_back();
        for (const endpoints::Relationship& relationship : current.relationships) {
            const std::string name = relationship.model.substr(0, relationship.model.find('@'));
            if (!known.insert(name).second) {
                continue;
            }
            const auto details =
                nodes.ask([&](client::EndpointsClient& node) { return node.get(modelFileName(name), 0); });
            if (!details && details.error().code != ErrorCode::kNotFound) {
                return details.error();
            }
            if (details) {
                files.push_back({modelFileName(name), details->text});
                waiting.push_back(endpoints::readModel(details->text, files.back().origin).model);
            }
        }
    }
    return files;
}

/// What is published under the name; 0: nothing.
Result<std::int64_t> publishedVersion(EndpointNodes& nodes, const std::string& stored) {
    const auto details = nodes.ask([&](client::EndpointsClient& node) { return node.get(stored, 0); });
    if (!details) {
        return details.error().code == ErrorCode::kNotFound ? Result<std::int64_t>(0) : details.error();
    }
    return details->version.is_served ? details->version.version : 0;
}

}  // namespace

EndpointDraft::EndpointDraft(Kind kind, std::shared_ptr<EndpointNodes> nodes, QObject* parent)
    : DocumentDraft(originOf(kind), parent), kind_(kind), nodes_(std::move(nodes)), checking_(this), publishing_(this) {
    delay_.setSingleShot(true);
    delay_.setInterval(kCheckDelay_ms);
    connect(&delay_, &QTimer::timeout, this, &EndpointDraft::check);
    connect(this, &DocumentDraft::changed, this, &EndpointDraft::onChanged);
}

void EndpointDraft::begin(const std::string& text) {
    name_.clear();
    version_ = 0;
    reset(text);
}

void EndpointDraft::open(const std::string& name, const client::EndpointDetails& details) {
    name_ = name;
    version_ = details.version.version;
    reset(details.text);
}

void EndpointDraft::restore(const std::string& name, std::int64_t version, const std::string& saved,
                            const std::string& text) {
    name_ = name;
    version_ = version;
    reset(saved);
    setText(text);
}

std::string EndpointDraft::name() const {
    return document().value(kind_ == Kind::kModel ? "model" : "endpoint");
}

std::string EndpointDraft::yamlOf(const std::string& text) const {
    if (kind_ == Kind::kModel) {
        return text;
    }
    const auto header = headerOf(text);
    if (!header) {
        return {};
    }
    std::string yaml = text.substr(0, header->second);
    yaml.replace(header->first, 2, "  ");
    return yaml;
}

std::string EndpointDraft::withYaml(const std::string& text, const std::string& yaml) const {
    if (kind_ == Kind::kModel) {
        return yaml;
    }
    // What a comment holds cannot have its end within it.
    std::string inner = yaml;
    for (std::size_t at = inner.find("*/"); at != std::string::npos; at = inner.find("*/", at)) {
        inner.replace(at, 2, "* /");
    }
    const auto header = headerOf(text);
    return "/*\n" + inner + "*/" + (header ? text.substr(header->second + 2) : "\n" + text);
}

std::vector<Error> EndpointDraft::findErrors() {
    definition_.reset();
    model_.reset();
    std::vector<Error> errors;
    if (kind_ == Kind::kModel) {
        auto read = endpoints::readModel(text(), origin());
        errors = std::move(read.errors);
        if (errors.empty()) {
            model_ = std::move(read.model);
        }
    } else {
        auto read = endpoints::readDefinition(text(), origin());
        errors = std::move(read.errors);
        if (errors.empty()) {
            definition_ = std::move(read.definition);
        }
    }
    const bool is_renamed = errors.empty() && !name_.empty() && name() != name_;
    if (is_renamed) {
        errors.push_back(
            fail(ErrorCode::kInvalidArgument,
                 origin() + ":1: " +
                     tr("What is published keeps its name. Make a copy to have it under another one.").toStdString()));
    }
    return errors;
}

void EndpointDraft::onChanged() {
    if (text() == checked_text_) {
        return;
    }
    checked_text_.clear();
    checking_.cancel();
    changes_.reset();
    check_problem_.clear();
    // What is wrong by itself is said at once; the mesh is asked about the rest.
    problems().empty() ? delay_.start() : delay_.stop();
    Q_EMIT checkChanged();
}

void EndpointDraft::check() {
    checked_text_ = text();
    checking_.start(
        [nodes = nodes_, origin = origin(), text = text(),
         model = model_](const TaskControl&) -> Result<client::EndpointApplication> {
            const auto files = TSR_TRY(filesOf(*nodes, origin, text, model));
            return nodes->ask([&](client::EndpointsClient& node) { return node.apply(files, true, true); });
        },
        [this](const Result<client::EndpointApplication>& said) {
            if (!said) {
                check_problem_ = QString::fromStdString(said.error().describe());
            } else if (said->problems.empty()) {
                changes_ = *said;
            }
            setErrors(said ? said->problems : std::vector<Error>());
            Q_EMIT changed();
            Q_EMIT checkChanged();
        });
    Q_EMIT checkChanged();
}

void EndpointDraft::publish(bool allows_breaking) {
    if (publishing_.isRunning() || !(definition_ || model_)) {
        return;
    }

    struct Answer {
        std::vector<Error> problems;
        std::int64_t version = 0;
    };

    const std::string stored = kind_ == Kind::kModel ? modelFileName(name()) : name();
    publishing_.start(
        [nodes = nodes_, origin = origin(), text = text(), model = model_, stored, known = version_,
         allows_breaking](const TaskControl&) -> Result<Answer> {
            // Whoever publishes over what somebody else has published meanwhile has not seen it.
            const std::int64_t published = TSR_TRY(publishedVersion(*nodes, stored));
            if (published != 0 && published != known) {
                return known == 0 ? fail(ErrorCode::kAlreadyExists, "there is a '" + stored + "' already",
                                         "open it, or give this one another name")
                                  : fail(ErrorCode::kAborted,
                                         "somebody else has published version " + std::to_string(published) + " of '" +
                                             stored + "' meanwhile",
                                         "see under Versions what is different, then open it again");
            }
            const auto files = TSR_TRY(filesOf(*nodes, origin, text, model));
            const auto said = TSR_TRY(
                nodes->ask([&](client::EndpointsClient& node) { return node.apply(files, false, allows_breaking); }));
            if (!said.problems.empty()) {
                return Answer{said.problems};
            }
            return Answer{{}, TSR_TRY(publishedVersion(*nodes, stored))};
        },
        [this, sent = text(), name = name()](const Result<Answer>& answer) {
            Q_EMIT checkChanged();
            if (!answer) {
                Q_EMIT failed(QString::fromStdString(answer.error().describe()));
            } else if (!answer->problems.empty()) {
                setErrors(answer->problems);
                Q_EMIT changed();
                Q_EMIT failed(QString::fromStdString(answer->problems.front().describe()));
            } else {
                name_ = name;
                version_ = answer->version;
                setSaved(sent);
                Q_EMIT changed();
                Q_EMIT published();
            }
        });
    Q_EMIT checkChanged();
}

}  // namespace tessera::app
