#include "nodeservice/jobs/definition/check.h"

#include "common/strings.h"
#include "nodeservice/jobs/definition/read.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace tessera::jobs {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// "postgres://anna:pw@host"
bool isAddressWithPassword(std::string_view text) {
    for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
        const std::string_view rest = text.substr(at + 3, text.find_first_of("/?# \n", at + 3) - at - 3);
        const std::size_t end = rest.rfind('@');
        const std::size_t colon = rest.find(':');
        if (end != std::string_view::npos && colon < end && colon + 1 < end && rest.substr(colon + 1, 2) != "${") {
            return true;
        }
    }
    return false;
}

/// Three long parts in base64 with dots between.
bool isJsonWebToken(std::string_view text) {
    const std::size_t at = text.find("eyJ");
    if (at == std::string_view::npos) {
        return false;
    }
    const std::size_t end =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", at);
    const std::string_view token = text.substr(at, end == std::string_view::npos ? end : end - at);
    return token.size() > 40 && std::count(token.begin(), token.end(), '.') == 2;
}

/// "host=db user=anna password=…", as libpq and others take it.
bool isConnectionWithPassword(std::string_view text) {
    const std::string lower = toLowerAscii(text);
    const std::size_t at = lower.find("password=");
    const bool is_connection = contains(lower, "host=") || contains(lower, "dbname=") || contains(lower, "user=");
    return at != std::string::npos && is_connection &&
           lower.substr(at + std::string_view("password=").size(), 2) != "${";
}

/// Keys that say themselves what they are: of Amazon's services, GitHub, Slack.
bool isKnownKey(std::string_view text) {
    struct Kind {
        std::string_view prefix;
        std::size_t least;
    };

    for (const Kind& kind : {Kind{"AKIA", 16}, Kind{"ASIA", 16}, Kind{"ghp_", 36}, Kind{"github_pat_", 22},
                             Kind{"xoxb-", 20}, Kind{"xoxp-", 20}}) {
        for (std::size_t at = text.find(kind.prefix); at != std::string_view::npos;
             at = text.find(kind.prefix, at + 1)) {
            const std::string_view rest = text.substr(at + kind.prefix.size());
            const auto is_part = [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
            };
            if (static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_part) - rest.begin()) >=
                kind.least) {
                return true;
            }
        }
    }
    return false;
}

bool isNodeOfCircle(const std::map<std::string, std::vector<std::string>>& edges, const std::string& node,
                    std::map<std::string, int>& states, std::vector<std::string>& path) {
    int& state = states[node];
    if (state == 2) {
        return false;
    }
    path.push_back(node);
    if (state == 1) {
        path.erase(path.begin(), std::find(path.begin(), path.end(), node));
        return true;
    }
    state = 1;
    if (const auto found = edges.find(node); found != edges.end()) {
        for (const std::string& next : found->second) {
            if (isNodeOfCircle(edges, next, states, path)) {
                return true;
            }
        }
    }
    states[node] = 2;
    path.pop_back();
    return false;
}

/// All texts of a definition that hold placeholders.
class TextCheck {
  public:
    TextCheck(const Definition& definition, std::vector<Error>& errors) : definition_(definition), errors_(errors) {
        names_ = runValueNames();
        for (const Parameter& parameter : definition.parameters) {
            names_.push_back(parameter.name);
        }
    }

    void checkAll() {
        for (const Parameter& parameter : definition_.parameters) {
            checkSecret(parameter.place, parameter.name, parameter.default_value.value_or(""));
            if (parameter.default_value) {
                check(parameter.place, *parameter.default_value, TemplateKind::kPlain, runValueNames());
            }
        }
        for (const Trigger& trigger : definition_.triggers) {
            checkPairs(trigger.place, trigger.parameters);
        }
        for (const Step& step : definition_.steps) {
            checkStep(step);
        }
        for (const Alert& alert : definition_.alerts) {
            checkSecret(definition_.place, "", alert.to);
        }
    }

  private:
    void checkStep(const Step& step) {
        const auto text = [&](const std::string& value, TemplateKind kind) { check(step.place, value, kind, names_); };
        std::visit(
            Overloaded{[&](const SqlStep& sql) { text(sql.sql, TemplateKind::kSql); },
                       [&](const ExportStep& export_) {
                           text(export_.query, TemplateKind::kSql);
                           text(export_.to, TemplateKind::kPath);
                       },
                       [&](const CopyStep& copy) { text(copy.query, TemplateKind::kSql); }, [&](const RefreshStep&) {},
                       [&](const HttpStep& http) {
                           text(http.url, TemplateKind::kUrl);
                           text(http.body, TemplateKind::kJson);
                           checkPairs(step.place, http.headers);
                       },
                       [&](const JobStep& job) { checkPairs(step.place, job.parameters); }},
            step.action);
    }

    void checkPairs(const Place& place, const TextPairs& pairs) {
        for (const auto& [name, value] : pairs) {
            checkSecret(place, name, value);
            check(place, value, TemplateKind::kPlain, names_);
        }
    }

    void check(const Place& place, const std::string& value, TemplateKind kind, const std::vector<std::string>& names) {
        checkSecret(place, "", value);
        const auto placeholders = placeholdersOf(value, kind);
        if (!placeholders) {
            errors_.push_back(placed(place, placeholders.error().message, placeholders.error().hint));
            return;
        }
        for (const Placeholder& one : *placeholders) {
            if (std::find(names.begin(), names.end(), one.name) == names.end()) {
                errors_.push_back(
                    placed(place, "there is no parameter '" + one.name + "'", suggestion(one.name, names)));
            }
        }
    }

    void checkSecret(const Place& place, const std::string& name, const std::string& value) {
        if (const std::string why = secretIn(name, value); !why.empty()) {
            errors_.push_back(placed(place, why,
                                     "jobs are read by everybody who may see them: name a credential of the node's "
                                     "configuration, or use a source that has its own"));
        }
    }

    const Definition& definition_;
    std::vector<Error>& errors_;
    std::vector<std::string> names_;
};

}  // namespace

Error placed(const Place& place, std::string message, std::string hint) {
    return fail(ErrorCode::kInvalidArgument, place.text + ": " + message, std::move(hint));
}

bool isJobName(std::string_view text) {
    constexpr std::size_t kLongest = 63;
    const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= kLongest && is_first(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_first(c) || c == '-' || c == '_' || c == '.'; });
}

std::string secretIn(std::string_view name, std::string_view value) {
    const std::string lower = toLowerAscii(name);
    for (const char* word : {"password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "private_key",
                             "credential", "authorization", "cookie"}) {
        if (contains(lower, word)) {
            return "'" + std::string(name) + "' would hold a secret";
        }
    }
    if (contains(value, "-----BEGIN") || contains(value, "PRIVATE KEY")) {
        return "a value looks like a private key";
    }
    if (isJsonWebToken(value)) {
        return "a value looks like a token";
    }
    if (isKnownKey(value)) {
        return "a value looks like a key";
    }
    if (isAddressWithPassword(value)) {
        return "an address holds a password";
    }
    if (isConnectionWithPassword(value)) {
        return "a connection holds a password";
    }
    return {};
}

std::string circleOf(const std::vector<std::pair<std::string, std::vector<std::string>>>& edges) {
    const std::map<std::string, std::vector<std::string>> by_name(edges.begin(), edges.end());
    std::map<std::string, int> states;
    for (const auto& [name, next] : edges) {
        std::vector<std::string> path;
        if (isNodeOfCircle(by_name, name, states, path)) {
            return join(path, ", ");
        }
    }
    return {};
}

void checkTexts(const Definition& definition, std::vector<Error>& errors) {
    TextCheck(definition, errors).checkAll();
}

void checkGraph(const Definition& definition, std::vector<Error>& errors) {
    std::set<std::string> names;
    std::vector<std::pair<std::string, std::vector<std::string>>> edges;
    for (const Step& step : definition.steps) {
        if (!names.insert(step.name).second) {
            errors.push_back(placed(step.place, "there are two steps '" + step.name + "'", "rename one of them"));
        }
        edges.emplace_back(step.name, step.after);
    }
    for (const Step& step : definition.steps) {
        for (const std::string& before : step.after) {
            if (!names.contains(before)) {
                errors.push_back(
                    placed(step.place,
                           "the step '" + step.name + "' is after '" + before + "', which is not a step of this job",
                           suggestion(before, {names.begin(), names.end()})));
            }
        }
    }
    if (const std::string circle = circleOf(edges); !circle.empty()) {
        errors.push_back(placed(definition.place, "steps wait for each other: " + circle, "take one 'after' away"));
    }
}

std::vector<Error> checkTogether(const std::vector<Definition>& definitions) {
    std::vector<Error> errors;
    std::map<std::string, const Definition*> by_name;
    std::vector<std::string> names;
    for (const Definition& one : definitions) {
        names.push_back(one.name);
        if (const auto [found, is_new] = by_name.emplace(one.name, &one); !is_new) {
            errors.push_back(placed(one.place, "the job '" + one.name + "' is also in " + found->second->place.text));
        }
    }
    std::vector<std::pair<std::string, std::vector<std::string>>> edges;
    for (const Definition& one : definitions) {
        std::vector<std::string> next;
        const auto refer = [&](const Place& place, const std::string& job) {
            next.push_back(job);
            if (!by_name.contains(job)) {
                errors.push_back(placed(place, "there is no job '" + job + "'", suggestion(job, names)));
            }
        };
        for (const Trigger& trigger : one.triggers) {
            if (const auto* after = std::get_if<AfterJob>(&trigger.when)) {
                refer(trigger.place, after->job);
            }
        }
        edges.emplace_back(one.name, next);
        next.clear();
        for (const Step& step : one.steps) {
            if (const auto* job = std::get_if<JobStep>(&step.action)) {
                refer(step.place, job->job);
            }
        }
        edges.back().second.insert(edges.back().second.end(), next.begin(), next.end());
    }
    if (const std::string circle = circleOf(edges); !circle.empty()) {
        const std::string first = circle.substr(0, circle.find(','));
        errors.push_back(
            placed(by_name.at(first)->place, "jobs start each other: " + circle, "take one trigger or step away"));
    }
    return errors;
}

}  // namespace tessera::jobs
