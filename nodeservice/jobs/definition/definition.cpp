#include "nodeservice/jobs/definition/definition.h"

#include "common/strings.h"
#include "nodeservice/jobs/definition/check.h"

#include <algorithm>

namespace tessera::jobs {

std::optional<Schedule> Trigger::schedule() const {
    if (const auto* cron = std::get_if<Cron>(&when)) {
        return Schedule(*cron);
    }
    if (const auto* interval = std::get_if<Interval>(&when)) {
        return Schedule(*interval);
    }
    return std::nullopt;
}

std::chrono::seconds Retries::waitAfter(int failed) const {
    std::chrono::seconds waiting = wait;
    for (int i = 1; i < failed && waiting < longest_wait; ++i) {
        waiting *= factor;
    }
    return std::min(waiting, longest_wait);
}

const Step* Definition::step(std::string_view step_name) const {
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.name == step_name; });
    return found == steps.end() ? nullptr : &*found;
}

const std::vector<std::string>& runValueNames() {
    static const std::vector<std::string> kNames = {"run.id", "run.job", "run.date", "run.time"};
    return kNames;
}

Result<Values> runValues(const Definition& definition, const TextPairs& given, const Values& of_the_run) {
    Values values = of_the_run;
    for (const Parameter& parameter : definition.parameters) {
        const auto found =
            std::find_if(given.begin(), given.end(), [&](const auto& pair) { return pair.first == parameter.name; });
        if (found == given.end() && !parameter.default_value) {
            return fail(ErrorCode::kInvalidArgument,
                        "the job '" + definition.name + "' needs a value for its parameter '" + parameter.name + "'");
        }
        TypedValue value{parameter.type, found != given.end() ? found->second
                                                              : TSR_TRY(fill(*parameter.default_value, of_the_run,
                                                                             TemplateKind::kPlain))};
        if (!isValueOf(value.type, value.text)) {
            return fail(ErrorCode::kInvalidArgument,
                        "the parameter '" + parameter.name + "' of the job '" + definition.name + "' cannot be '" +
                            value.text + "'",
                        std::string("its type is ") + kParameterTypeNames.at(static_cast<std::size_t>(value.type)));
        }
        values.emplace(parameter.name, std::move(value));
    }
    for (const auto& [name, text] : given) {
        // Kept for as long as the run.
        if (const std::string why = secretIn("", text); !why.empty()) {
            return fail(
                ErrorCode::kInvalidArgument,
                "the parameter '" + name + "' of the job '" + definition.name + "' cannot be given this: " + why,
                "runs are read by everybody who may see them: name a credential of the node's configuration, "
                "or use a source that has its own");
        }
        const bool is_known = std::any_of(definition.parameters.begin(), definition.parameters.end(),
                                          [&, &wanted = name](const Parameter& one) { return one.name == wanted; });
        if (!is_known) {
            std::vector<std::string> names;
            for (const Parameter& parameter : definition.parameters) {
                names.push_back(parameter.name);
            }
            return fail(ErrorCode::kInvalidArgument,
                        "the job '" + definition.name + "' has no parameter '" + name + "'",
                        names.empty() ? "it has none" : suggestion(name, names));
        }
    }
    return values;
}

}  // namespace tessera::jobs
