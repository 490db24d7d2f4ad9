#include "common/config/section.h"
#include "nodeservice/jobs/definition/read.h"

#include <algorithm>
#include <sstream>

namespace tessera::jobs {

namespace {

using config::quoteScalar;

template <class Enum, std::size_t count>
std::string nameOf(const std::array<const char*, count>& names, Enum value) {
    return names.at(static_cast<std::size_t>(value));
}

/// Can it stand as a block of lines, as it is?
bool isBlock(const std::string& text) {
    const bool has_lines = text.find('\n') != std::string::npos;
    if (!has_lines || text.front() == '\n' || text.front() == ' ' || text.ends_with("\n\n")) {
        return false;
    }
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.find_first_not_of(' ') == std::string::npos) {
            return false;
        }
        for (const char c : line) {
            if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) {
                return false;
            }
        }
    }
    return text != "\n" && text.front() != '\t';
}

/// Lines of keys and values, at one indentation.
class Writer {
  public:
    explicit Writer(std::string indent = {}) : indent_(std::move(indent)) {}

    void text(const std::string& key, const std::string& value) {
        if (!isBlock(value)) {
            out_ += indent_ + key + ": " + quoteScalar(value) + "\n";
            return;
        }
        out_ += indent_ + key + (value.ends_with('\n') ? ": |\n" : ": |-\n");
        std::istringstream in(value);
        for (std::string line; std::getline(in, line);) {
            out_ += line.empty() ? "\n" : indent_ + "  " + line + "\n";
        }
    }

    void textUnless(const std::string& key, const std::string& value, const std::string& otherwise) {
        if (value != otherwise) {
            text(key, value);
        }
    }

    void duration(const std::string& key, std::chrono::seconds value, std::chrono::seconds otherwise) {
        if (value != otherwise) {
            text(key, durationText(value));
        }
    }

    void list(const std::string& key, const std::vector<std::string>& values) {
        std::string items;
        for (const std::string& value : values) {
            items += (items.empty() ? "" : ", ") + quoteScalar(value);
        }
        out_ += indent_ + key + ": [" + items + "]\n";
    }

    void listUnlessEmpty(const std::string& key, const std::vector<std::string>& values) {
        if (!values.empty()) {
            list(key, values);
        }
    }

    void map(const std::string& key, const TextPairs& pairs) {
        if (!pairs.empty()) {
            out_ += indent_ + key + ":\n";
        }
        for (const auto& [name, value] : pairs) {
            out_ += indent_ + "  " + quoteScalar(name) + ": " + quoteScalar(value) + "\n";
        }
    }

    Writer inner() const { return Writer(indent_ + "  "); }

    void section(const std::string& key, const Writer& content) { out_ += indent_ + key + ":\n" + content.out_; }

    /// The content's first line begins with a dash.
    void item(Writer content) {
        content.out_.replace(content.indent_.size() - 2, 2, "- ");
        out_ += content.out_;
    }

    Writer itemWriter() const { return Writer(indent_ + "    "); }

    const std::string& out() const { return out_; }

    void add(const std::string& line) { out_ += indent_ + line; }

  private:
    std::string indent_;
    std::string out_;
};

void writeRetries(Writer& out, const Retries& retries) {
    const Retries otherwise;
    Writer inner = out.inner();
    inner.text("count", std::to_string(retries.count));
    inner.duration("wait", retries.wait, otherwise.wait);
    inner.textUnless("factor", std::to_string(retries.factor), std::to_string(otherwise.factor));
    inner.duration("longest_wait", retries.longest_wait, std::max(otherwise.longest_wait, retries.wait));
    out.section("retries", inner);
}

void writeParameter(Writer& out, const Parameter& parameter) {
    out.text("name", parameter.name);
    out.textUnless("type", nameOf(kParameterTypeNames, parameter.type), "text");
    out.textUnless("documentation", parameter.documentation, "");
    if (parameter.default_value) {
        out.text("default", *parameter.default_value);
    }
}

void writeTrigger(Writer& out, const Trigger& trigger) {
    const Trigger otherwise{.when = Interval{}};
    if (const auto* cron = std::get_if<Cron>(&trigger.when)) {
        out.text("cron", cron->text());
        out.textUnless("zone", cron->zone().name(), "UTC");
    } else if (const auto* interval = std::get_if<Interval>(&trigger.when)) {
        out.text("every", durationText(interval->every));
    } else {
        const auto& after = std::get<AfterJob>(trigger.when);
        out.text("after", after.job);
        out.textUnless("end", nameOf(kRunEndNames, after.end), "success");
    }
    out.duration("jitter", trigger.jitter, otherwise.jitter);
    out.textUnless("missed", nameOf(kMissedRunsNames, trigger.missed), nameOf(kMissedRunsNames, otherwise.missed));
    out.duration("grace", trigger.grace, otherwise.grace);
    out.map("parameters", trigger.parameters);
}

void writeAction(Writer& out, const SqlStep& step) {
    out.text("sql", step.sql);
}

void writeAction(Writer& out, const RefreshStep& step) {
    out.text("refresh", step.view);
}

void writeAction(Writer& out, const ExportStep& step) {
    Writer inner = out.inner();
    inner.text("query", step.query);
    inner.text("to", step.to);
    inner.textUnless("format", nameOf(kExportFormatNames, step.format), "parquet");
    inner.listUnlessEmpty("partition_by", step.partition_by);
    out.section("export", inner);
}

void writeAction(Writer& out, const CopyStep& step) {
    Writer inner = out.inner();
    inner.text("query", step.query);
    inner.text("into", step.into);
    inner.textUnless("mode", nameOf(kCopyModeNames, step.mode), "append");
    inner.listUnlessEmpty("key", step.key);
    inner.textUnless("watermark", step.watermark, "");
    out.section("copy", inner);
}

void writeAction(Writer& out, const HttpStep& step) {
    Writer inner = out.inner();
    inner.text("url", step.url);
    inner.textUnless("method", step.method, "POST");
    inner.map("headers", step.headers);
    inner.textUnless("body", step.body, "");
    inner.textUnless("credential", step.credential, "");
    out.section("http", inner);
}

void writeAction(Writer& out, const JobStep& step) {
    Writer inner = out.inner();
    inner.text("name", step.job);
    inner.map("parameters", step.parameters);
    out.section("job", inner);
}

/// `before`: the step that stands before it, or null.
void writeStep(Writer& out, const Step& step, const Step* before) {
    out.text("name", step.name);
    const std::vector<std::string> usual = before == nullptr ? std::vector<std::string>() : std::vector{before->name};
    if (step.after != usual) {
        out.list("after", step.after);
    }
    std::visit([&](const auto& action) { writeAction(out, action); }, step.action);
    out.duration("timeout", step.timeout, std::chrono::seconds(0));
    if (step.retries) {
        writeRetries(out, *step.retries);
    }
}

void writeAlert(Writer& out, const Alert& alert) {
    out.textUnless("on", nameOf(kRunEndNames, alert.on), nameOf(kRunEndNames, Alert{}.on));
    out.text(nameOf(kAlertChannelNames, alert.channel), alert.to);
}

template <class Items, class Write>
void writeItems(Writer& out, const std::string& key, const Items& items, Write write) {
    if (items.empty()) {
        return;
    }
    out.add(key + ":\n");
    for (const auto& item : items) {
        Writer one = out.itemWriter();
        write(one, item);
        out.item(std::move(one));
    }
}

}  // namespace

std::string writeDefinition(const Definition& definition) {
    const Definition otherwise;
    Writer out;
    out.text("job", definition.name);
    out.textUnless("documentation", definition.documentation, "");
    out.text("owner", definition.owner);
    out.textUnless("run_as", definition.run_as, "");
    out.listUnlessEmpty("nodes", definition.nodes);
    out.duration("timeout", definition.timeout, otherwise.timeout);
    if (definition.retries != otherwise.retries) {
        writeRetries(out, definition.retries);
    }
    out.textUnless("concurrency", nameOf(kConcurrencyNames, definition.concurrency), "queue");
    out.duration("keep", definition.keep, otherwise.keep);
    writeItems(out, "parameters", definition.parameters, writeParameter);
    writeItems(out, "triggers", definition.triggers, writeTrigger);
    const Step* before = nullptr;
    writeItems(out, "steps", definition.steps, [&](Writer& one, const Step& step) {
        writeStep(one, step, before);
        before = &step;
    });
    writeItems(out, "alerts", definition.alerts, writeAlert);
    return out.out();
}

}  // namespace tessera::jobs
