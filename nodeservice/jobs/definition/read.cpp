#include "nodeservice/jobs/definition/read.h"

#include "common/config/loader.h"
#include "common/strings.h"
#include "nodeservice/jobs/definition/check.h"

#include <algorithm>
#include <charconv>

namespace tessera::jobs {

namespace {

using config::Section;

template <class Enum, std::size_t count>
Enum enumOf(const std::array<const char*, count>& names, const std::string& text) {
    const auto found = std::find(names.begin(), names.end(), text);
    return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

class DefinitionReader {
  public:
    explicit DefinitionReader(std::vector<Error>& errors) : errors_(errors) {}

    Definition read(const Section& file) {
        Definition made;
        made.place = {file.where()};
        made.name = file.text("job");
        checkName(file, "job", made.name);
        made.documentation = file.text("documentation");
        made.owner = file.text("owner");
        made.run_as = file.text("run_as");
        made.nodes = file.list("nodes");
        made.timeout = duration(file, "timeout", made.timeout);
        made.keep = duration(file, "keep", made.keep);
        made.retries = readRetries(file.section("retries"));
        made.concurrency = enumOf<Concurrency>(kConcurrencyNames, file.text("concurrency"));
        for (const Section& one : file.sections("parameters")) {
            made.parameters.push_back(readParameter(one));
        }
        for (const Section& one : file.sections("triggers")) {
            if (auto trigger = readTrigger(one)) {
                made.triggers.push_back(std::move(*trigger));
            }
        }
        for (const Section& one : file.sections("steps")) {
            if (auto step = readStep(one, made.steps)) {
                made.steps.push_back(std::move(*step));
            }
        }
        if (file.sections("steps").empty()) {
            error(made.place.text, "the job has no steps", "write at least one under 'steps:'");
        }
        for (const Section& one : file.sections("alerts")) {
            if (auto alert = readAlert(one)) {
                made.alerts.push_back(std::move(*alert));
            }
        }
        checkParameters(file, made);
        return made;
    }

  private:
    void error(const std::string& where, const std::string& message, std::string hint = {}) {
        errors_.push_back(placed({where}, message, std::move(hint)));
    }

    void error(const std::string& where, const Error& cause) { error(where, cause.message, cause.hint); }

    void checkName(const Section& section, const char* key, const std::string& name) {
        if (section.has(key) && !isJobName(name)) {
            error(section.where(key), "'" + name + "' is not a name",
                  "write up to 63 lower-case letters, digits, '-', '_' and '.'");
        }
    }

    /// Which of the keys the section has; an error unless it is one.
    std::string oneOf(const Section& section, const std::string& what, const std::vector<std::string>& keys) {
        std::vector<std::string> present;
        for (const std::string& key : keys) {
            if (section.has(key)) {
                present.push_back(key);
            }
        }
        if (present.size() == 1) {
            return present[0];
        }
        error(section.where(),
              present.empty() ? what + " says nothing to do"
                              : what + " has both '" + present[0] + "' and '" + present[1] + "'",
              "write one of " + join(keys, ", "));
        return {};
    }

    std::chrono::seconds duration(const Section& section, const char* key, std::chrono::seconds otherwise) {
        if (!section.has(key)) {
            return otherwise;
        }
        const auto read = parseDuration(section.text(key));
        if (!read) {
            error(section.where(key), read.error());
        }
        return read.value_or(otherwise);
    }

    /// The text of a key that must be there.
    std::string needed(const Section& section, const char* key, const std::string& what) {
        if (!section.has(key) || section.text(key).empty()) {
            error(section.where(), what + " needs '" + key + "'");
        }
        return section.text(key);
    }

    Retries readRetries(const Section& section) {
        Retries made;
        made.count = static_cast<int>(section.integer("count"));
        made.factor = static_cast<int>(section.integer("factor"));
        made.wait = duration(section, "wait", made.wait);
        made.longest_wait = duration(section, "longest_wait", std::max(made.longest_wait, made.wait));
        if (made.longest_wait < made.wait) {
            error(section.where("longest_wait"), "'longest_wait' is shorter than 'wait'");
        }
        return made;
    }

    Parameter readParameter(const Section& section) {
        Parameter made;
        made.place = {section.where()};
        made.name = section.text("name");
        made.type = enumOf<ParameterType>(kParameterTypeNames, section.text("type"));
        made.documentation = section.text("documentation");
        if (section.has("default")) {
            made.default_value = section.text("default");
        }
        const auto name = placeholdersOf("${" + made.name + "}", TemplateKind::kPlain);
        if (section.has("name") && (!name || made.name.find('.') != std::string::npos)) {
            error(section.where("name"), "'" + made.name + "' is not a parameter's name",
                  "write a letter, then letters, digits and '_'");
        }
        const auto holds = placeholdersOf(section.text("default"), TemplateKind::kPlain);
        if (made.default_value && holds && holds->empty() && !isValueOf(made.type, *made.default_value)) {
            error(section.where("default"),
                  "the default '" + *made.default_value + "' is not of type " + section.text("type"));
        }
        return made;
    }

    void checkParameters(const Section& file, const Definition& made) {
        for (std::size_t i = 0; i < made.parameters.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (made.parameters[i].name == made.parameters[j].name) {
                    error(file.sections("parameters")[i].where("name"),
                          "there are two parameters '" + made.parameters[i].name + "'", "rename one of them");
                }
            }
        }
        for (const Trigger& trigger : made.triggers) {
            for (const auto& [name, value] : trigger.parameters) {
                const auto found =
                    std::find_if(made.parameters.begin(), made.parameters.end(),
                                 [&, &wanted = name](const Parameter& one) { return one.name == wanted; });
                if (found == made.parameters.end()) {
                    error(trigger.place.text, "the trigger sets '" + name + "', which is not a parameter of this job");
                } else if (value.find("${") == std::string::npos && !isValueOf(found->type, value)) {
                    error(trigger.place.text, "the parameter '" + name + "' cannot be '" + value + "'");
                }
            }
        }
    }

    std::optional<Trigger> readTrigger(const Section& section) {
        const std::string kind = oneOf(section, "the trigger", {"cron", "every", "after"});
        if (kind.empty()) {
            return std::nullopt;
        }
        if (section.has("zone") && kind != "cron") {
            error(section.where("zone"), "a time zone belongs to 'cron'", "take 'zone' away");
        }
        auto when = readWhen(section, kind);
        if (!when) {
            error(section.where(kind), when.error());
            return std::nullopt;
        }
        Trigger made{.when = std::move(*when), .place = {section.where()}};
        made.jitter = duration(section, "jitter", made.jitter);
        made.grace = duration(section, "grace", made.grace);
        made.missed = enumOf<MissedRuns>(kMissedRunsNames, section.text("missed"));
        made.parameters = section.map("parameters");
        return made;
    }

    Result<std::variant<Cron, Interval, AfterJob>> readWhen(const Section& section, const std::string& kind) {
        using When = std::variant<Cron, Interval, AfterJob>;
        if (kind == "every") {
            return When(Interval{TSR_TRY(parseDuration(section.text("every"))), Instant{}});
        }
        if (kind == "after") {
            return When(AfterJob{section.text("after"), enumOf<RunEnd>(kRunEndNames, section.text("end"))});
        }
        TimeZone zone = TimeZone::utc();
        if (section.has("zone")) {
            auto found = TimeZone::find(section.text("zone"));
            if (found) {
                zone = std::move(*found);
            } else {
                error(section.where("zone"), found.error());
            }
        }
        return When(TSR_TRY(Cron::parse(section.text("cron"), std::move(zone))));
    }

    std::optional<Step> readStep(const Section& section, const std::vector<Step>& before) {
        Step made;
        made.place = {section.where()};
        made.name = section.text("name");
        checkName(section, "name", made.name);
        if (section.has("after")) {
            made.after = section.list("after");
        } else if (!before.empty()) {
            made.after = {before.back().name};
        }
        made.timeout = duration(section, "timeout", made.timeout);
        if (section.has("retries")) {
            made.retries = readRetries(section.section("retries"));
        }
        const std::vector<std::string> kinds = {"sql", "export", "copy", "refresh", "http", "job"};
        const std::string kind = oneOf(section, "the step '" + made.name + "'", kinds);
        if (kind == "sql") {
            made.action = SqlStep{needed(section, "sql", "the step")};
        } else if (kind == "refresh") {
            made.action = RefreshStep{needed(section, "refresh", "the step")};
        } else if (kind == "export") {
            made.action = readExport(section.section("export"));
        } else if (kind == "copy") {
            made.action = readCopy(section.section("copy"));
        } else if (kind == "http") {
            made.action = readHttp(section.section("http"));
        } else if (kind == "job") {
            const Section& job = section.section("job");
            made.action = JobStep{needed(job, "name", "the step's job"), job.map("parameters")};
        } else {
            return std::nullopt;
        }
        return made;
    }

    ExportStep readExport(const Section& section) {
        return {needed(section, "query", "an export"), needed(section, "to", "an export"),
                enumOf<ExportFormat>(kExportFormatNames, section.text("format")), section.list("partition_by")};
    }

    CopyStep readCopy(const Section& section) {
        CopyStep made{needed(section, "query", "a copy"), needed(section, "into", "a copy"),
                      enumOf<CopyMode>(kCopyModeNames, section.text("mode")), section.list("key"),
                      section.text("watermark")};
        const auto belongs = [&](const char* key, bool is_there, CopyMode mode, const char* mode_name) {
            if (is_there && made.mode != mode) {
                error(section.where(key), std::string("'") + key + "' belongs to mode: " + mode_name);
            } else if (!is_there && made.mode == mode) {
                error(section.where(), std::string("mode ") + mode_name + " needs '" + key + "'");
            }
        };
        belongs("key", !made.key.empty(), CopyMode::kUpsert, "upsert");
        belongs("watermark", !made.watermark.empty(), CopyMode::kIncremental, "incremental");
        return made;
    }

    HttpStep readHttp(const Section& section) {
        HttpStep made{needed(section, "url", "a call"), section.text("method"), section.map("headers"),
                      section.text("body"), section.text("credential")};
        checkAddress(section, "url", made.url);
        return made;
    }

    void checkAddress(const Section& section, const char* name, const std::string& address) {
        if (!address.empty() && !address.starts_with("https://") && !address.starts_with("http://")) {
            error(section.where(name), "'" + address + "' is not an address", "write https://…");
        }
    }

    std::optional<Alert> readAlert(const Section& section) {
        const std::string kind = oneOf(section, "the alert", {"webhook", "email", "desktop"});
        if (kind.empty()) {
            return std::nullopt;
        }
        Alert made{enumOf<RunEnd>(kRunEndNames, section.text("on")), enumOf<Alert::Channel>(kAlertChannelNames, kind),
                   needed(section, kind.c_str(), "an alert")};
        if (made.channel == Alert::Channel::kWebhook) {
            checkAddress(section, kind.c_str(), made.to);
        } else if (made.channel == Alert::Channel::kEmail && !made.to.empty() &&
                   made.to.find('@') == std::string::npos) {
            error(section.where(kind), "'" + made.to + "' is not an e-mail address", "write name@example.org");
        }
        return made;
    }

    std::vector<Error>& errors_;
};

/// The line in "x.yaml:3:5: …".
int lineOf(const Error& error, const std::string& origin) {
    int line = 0;
    if (error.message.size() > origin.size()) {
        std::from_chars(error.message.data() + origin.size() + 1, error.message.data() + error.message.size(), line);
    }
    return line;
}

}  // namespace

ReadDefinition readDefinition(const std::string& text, const std::string& origin) {
    config::Reading reading = config::parseAll(text, origin, "/", definitionSchema(), {.are_expanded = false});
    ReadDefinition read;
    read.errors = std::move(reading.errors);
    if (reading.section) {
        read.definition = DefinitionReader(read.errors).read(*reading.section);
        checkTexts(read.definition, read.errors);
        checkGraph(read.definition, read.errors);
    }
    std::stable_sort(read.errors.begin(), read.errors.end(), [&](const Error& left, const Error& right) {
        return lineOf(left, origin) < lineOf(right, origin);
    });
    return read;
}

}  // namespace tessera::jobs
