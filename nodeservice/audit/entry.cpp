#include "nodeservice/audit/entry.h"

#include "common/strings.h"
#include "nodeservice/audit/redaction.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <ctime>

namespace tessera::audit {

namespace {

/// Commands whose text may name secrets, whatever may be kept of others.
bool mayHoldSecrets(std::string_view text) {
    const std::string lower = toLowerAscii(text);
    for (const char* word : {"password", "options", "connection", "remote_query", "remote_execute", "dblink"}) {
        if (lower.find(word) != std::string::npos) {
            return true;
        }
    }
    return false;
}

std::optional<std::string> textOf(std::string_view text, Text allowed) {
    if (allowed == Text::kNone) {
        return std::nullopt;
    }
    return validUtf8(allowed == Text::kFull && !mayHoldSecrets(text) ? std::string(text) : redacted(text));
}

std::optional<std::string_view> unlessEmpty(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string_view> fingerprintOf(const Record& record) {
    return record.fingerprint.find_first_not_of('0') == std::string_view::npos ? std::nullopt
                                                                               : std::optional(record.fingerprint);
}

constexpr double kMicrosPerMilli = 1000;

/// "2026-11-21T08:00:00.123456Z"
std::string timeText(std::int64_t since_1970_us) {
    constexpr std::int64_t kMicros = 1'000'000;
    const std::time_t seconds = since_1970_us / kMicros;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 48> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    const std::string micros = std::to_string(since_1970_us % kMicros);
    return std::string(text.data(), size) + "." + std::string(6 - std::min<std::size_t>(6, micros.size()), '0') +
           micros + "Z";
}

/// Members of one object, in the order in which they are added. Texts are valid UTF-8.
class LineWriter {
  public:
    explicit LineWriter(std::string& out) : out_(out) {}

    void text(std::string_view name, std::optional<std::string_view> value) {
        member(name);
        if (value) {
            quoted(*value);
        } else {
            out_ += "null";
        }
    }

    template <class Number>
    void number(std::string_view name, Number value) {
        member(name);
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        out_.append(digits.data(), end);
    }

    template <class Texts>
    void texts(std::string_view name, const Texts& values) {
        member(name);
        out_ += '[';
        for (const auto& value : values) {
            out_ += out_.ends_with('[') ? "" : ",";
            quoted(value);
        }
        out_ += ']';
    }

    void end() { out_ += "}\n"; }

  private:
    void member(std::string_view name) {
        out_ += is_first_ ? '{' : ',';
        is_first_ = false;
        quoted(name);
        out_ += ':';
    }

    void quoted(std::string_view text) {
        constexpr std::string_view kHex = "0123456789abcdef";
        out_ += '"';
        while (!text.empty()) {
            const auto plain =
                static_cast<std::size_t>(std::find_if(text.begin(), text.end(), mustBeEscaped) - text.begin());
            out_ += text.substr(0, plain);
            text.remove_prefix(plain);
            if (text.empty()) {
                break;
            }
            const auto byte = static_cast<unsigned char>(text.front());
            text.remove_prefix(1);
            if (byte == '"' || byte == '\\') {
                out_ += '\\';
                out_ += static_cast<char>(byte);
            } else {
                out_ += "\\u00";
                out_ += kHex[byte >> 4U];
                out_ += kHex[byte & 0xFU];
            }
        }
        out_ += '"';
    }

    static bool mustBeEscaped(char c) {
        constexpr unsigned char kFirstPrintable = 0x20;
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < kFirstPrintable;
    }

    std::string& out_;
    bool is_first_ = true;
};

/// Fields of one row, as PostgreSQL's types send themselves.
class RowWriter {
  public:
    explicit RowWriter(std::string& out, std::int16_t fields) : out_(out) { raw(fields); }

    void text(std::optional<std::string_view> value) {
        if (!value) {
            raw(kNull);
            return;
        }
        raw(static_cast<std::int32_t>(value->size()));
        out_ += *value;
    }

    template <class Number>
    void number(Number value) {
        raw(static_cast<std::int32_t>(sizeof value));
        raw(value);
    }

    template <class Texts>
    void texts(const Texts& values) {
        const std::size_t at = out_.size();
        raw(kNull);  // its length, when it is known
        raw<std::int32_t>(values.empty() ? 0 : 1);
        raw<std::int32_t>(0);
        raw(kTextType);
        if (!values.empty()) {
            raw(static_cast<std::int32_t>(values.size()));
            raw<std::int32_t>(1);
        }
        for (const auto& value : values) {
            text(value);
        }
        std::string length;
        RowWriter(length).raw(static_cast<std::int32_t>(out_.size() - at - sizeof(std::int32_t)));
        out_.replace(at, length.size(), length);
    }

  private:
    static constexpr std::int32_t kNull = -1;
    static constexpr std::int32_t kTextType = 25;

    explicit RowWriter(std::string& out) : out_(out) {}

    template <class Integer>
    void raw(Integer value) {
        std::array<char, sizeof value> bytes{};
        auto left = static_cast<std::make_unsigned_t<Integer>>(value);
        for (std::size_t at = sizeof value; at > 0; --at) {
            bytes[at - 1] = static_cast<char>(left & 0xFFU);
            left = static_cast<decltype(left)>(left >> 8U);
        }
        out_.append(bytes.data(), bytes.size());
    }

    std::string& out_;
};

}  // namespace

Person personOf(std::string_view context) {
    const auto parsed = nlohmann::json::parse(context, nullptr, false);
    Person person;
    if (!parsed.is_object()) {
        return person;
    }
    const auto textMember = [&](const char* name) {
        const auto found = parsed.find(name);
        return found != parsed.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    };
    person.subject = textMember("subject");
    person.issuer = textMember("issuer");
    for (const auto& actor : parsed.value("actors", nlohmann::json::array())) {
        person.actors.push_back(actor.is_string() ? actor.get<std::string>() : actor.dump());
    }
    return person;
}

Entry entryOf(Record record, const Person& person, std::optional<identity::SessionOrigin> origin,
              const std::set<std::string>& peers, Text allowed) {
    Entry entry{std::move(record), person, std::move(origin), std::nullopt, {}, {}};
    entry.text = textOf(entry.record.text, allowed);
    for (const std::string_view source : entry.record.sources) {
        (peers.contains(std::string(source)) ? entry.nodes : entry.sources).push_back(source);
    }
    return entry;
}

void appendLine(const Entry& entry, std::string& lines) {
    const Record& record = entry.record;
    LineWriter line(lines);
    line.text("time", timeText(record.began_us));
    line.text("subject", entry.person.subject);
    line.text("issuer", entry.person.issuer);
    line.texts("actors", entry.person.actors);
    line.text("role", record.role);
    line.text("client", entry.origin ? unlessEmpty(entry.origin->address) : std::nullopt);
    line.text("protocol", entry.origin ? unlessEmpty(entry.origin->protocol) : std::nullopt);
    line.number("pid", record.pid);
    line.text("command", unlessEmpty(record.command));
    line.text("fingerprint", fingerprintOf(record));
    line.text("text", entry.text);
    line.texts("sources", entry.sources);
    line.texts("nodes", entry.nodes);
    line.number("rows", record.rows);
    line.number("ms", static_cast<double>(record.took_us) / kMicrosPerMilli);
    line.text("sqlstate", record.sqlstate);
    line.end();
}

void appendRow(const Entry& entry, std::string& rows) {
    constexpr std::int64_t k2000_us = 946'684'800'000'000;
    constexpr std::int16_t kFields = 16;
    const Record& record = entry.record;
    RowWriter row(rows, kFields);
    row.number(record.began_us - k2000_us);
    row.text(entry.person.subject);
    row.text(entry.person.issuer);
    row.texts(entry.person.actors);
    row.text(record.role);
    row.text(entry.origin ? unlessEmpty(entry.origin->address) : std::nullopt);
    row.text(entry.origin ? unlessEmpty(entry.origin->protocol) : std::nullopt);
    row.number(static_cast<std::int32_t>(record.pid));
    row.text(unlessEmpty(record.command));
    row.text(fingerprintOf(record));
    row.text(entry.text);
    row.texts(entry.sources);
    row.texts(entry.nodes);
    row.number(static_cast<std::int64_t>(record.rows));
    row.number(std::bit_cast<std::int64_t>(static_cast<double>(record.took_us) / kMicrosPerMilli));
    row.text(record.sqlstate);
}

}  // namespace tessera::audit
