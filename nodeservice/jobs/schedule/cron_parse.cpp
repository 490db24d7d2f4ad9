#include "common/strings.h"
#include "nodeservice/jobs/schedule/cron.h"

#include <array>
#include <charconv>
#include <sstream>
#include <vector>

namespace tessera::jobs {

namespace {

struct FieldRule {
    std::string_view name;
    int least;
    int most;
    /// Of the values from `least` on; empty: numbers only.
    std::vector<std::string> names;
};

const std::array<FieldRule, 6>& rules() {
    static const std::array<FieldRule, 6> kRules = {{
        {"second", 0, 59, {}},
        {"minute", 0, 59, {}},
        {"hour", 0, 23, {}},
        {"day of the month", 1, 31, {}},
        {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
        {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
    }};
    return kRules;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts = {""};
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::optional<int> numberIn(std::string_view text) {
    int value = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = code == std::errc() && stop == text.data() + text.size() && text.front() != '-';
    return is_number ? std::optional(value) : std::nullopt;
}

class FieldReader {
  public:
    FieldReader(const FieldRule& rule, std::string_view text) : rule_(rule), text_(text) {}

    Result<std::uint64_t> read() const {
        std::uint64_t values = 0;
        for (const std::string& part : split(text_, ',')) {
            values |= TSR_TRY(readPart(part));
        }
        return values;
    }

  private:
    Error error(std::string what, std::string hint) const {
        return fail(ErrorCode::kInvalidArgument,
                    "the " + std::string(rule_.name) + " '" + std::string(text_) + "' " + std::move(what),
                    std::move(hint));
    }

    std::string range() const { return std::to_string(rule_.least) + " to " + std::to_string(rule_.most); }

    Result<int> readValue(const std::string& word) const {
        const std::string lower = toLowerAscii(word);
        for (std::size_t i = 0; i < rule_.names.size(); ++i) {
            if (lower == rule_.names[i]) {
                return rule_.least + static_cast<int>(i);
            }
        }
        const auto value = word.empty() ? std::nullopt : numberIn(word);
        if (!value) {
            return error("is not understood at '" + word + "'",
                         rule_.names.empty() ? "write *, or numbers from " + range()
                                             : "write *, numbers from " + range() + ", or " + join(rule_.names, ", "));
        }
        if (*value < rule_.least || *value > rule_.most) {
            return error("holds " + word, "it may be " + range());
        }
        return *value;
    }

    Result<std::uint64_t> readPart(const std::string& part) const {
        const auto around_slash = split(part, '/');
        const auto ends = split(around_slash[0], '-');
        if (around_slash.size() > 2 || ends.size() > 2) {
            return error("is not understood at '" + part + "'", "write a range as 1-5, one with steps as 1-31/2");
        }
        int first = rule_.least;
        int last = &rule_ == &rules().back() ? 6 : rule_.most;
        const bool is_star = around_slash[0] == "*";
        if (!is_star) {
            first = TSR_TRY(readValue(ends[0]));
            last = ends.size() == 2 ? TSR_TRY(readValue(ends[1])) : first;
        }
        if (last < first) {
            return error("has a range that ends before it begins", "write both parts: " + ends[0] + "-" +
                                                                       std::to_string(rule_.most) + "," +
                                                                       std::to_string(rule_.least) + "-" + ends[1]);
        }
        int step = 1;
        if (around_slash.size() == 2) {
            const auto given = around_slash[1].empty() ? std::nullopt : numberIn(around_slash[1]);
            if (!given || *given < 1 || *given > rule_.most) {
                return error("has the step '" + around_slash[1] + "'", "a step is 1 to " + std::to_string(rule_.most));
            }
            if (!is_star && ends.size() == 1) {
                return error("has a step without a range",
                             "write " + ends[0] + "-" + std::to_string(rule_.most) + "/" + around_slash[1]);
            }
            step = *given;
        }
        std::uint64_t values = 0;
        for (int value = first; value <= last; value += step) {
            const bool is_second_sunday = &rule_ == &rules().back() && value == 7;
            values |= std::uint64_t{1} << static_cast<unsigned>(is_second_sunday ? 0 : value);
        }
        return values;
    }

    const FieldRule& rule_;
    std::string_view text_;
};

Result<std::string> expandNickname(const std::string& text) {
    struct Nickname {
        const char* name;
        const char* fields;
    };

    static constexpr std::array<Nickname, 7> kNicknames = {{
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
        {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
    }};
    std::vector<std::string> known;
    for (const Nickname& nickname : kNicknames) {
        if (toLowerAscii(text) == nickname.name) {
            return std::string(nickname.fields);
        }
        known.emplace_back(nickname.name);
    }
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is not a schedule", suggestion(text, known));
}

/// Is there a day that the month and day fields allow? When days of the week count too, there always is.
bool canCome(const CronFields& fields) {
    static constexpr std::array<int, 13> kLongest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!fields.isEveryWeekday()) {
        return true;
    }
    for (unsigned month = 1; month <= 12; ++month) {
        const std::uint64_t days = (std::uint64_t{2} << static_cast<unsigned>(kLongest[month])) - 1;
        if ((fields.months >> month & 1U) != 0 && (fields.days & days) != 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text, TimeZone zone) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    const std::string written = join(words, " ");
    if (words.size() == 1 && words[0].starts_with('@')) {
        words = split(TSR_TRY(expandNickname(words[0])), ' ');
    }
    if (words.size() != 5 && words.size() != 6) {
        return fail(ErrorCode::kInvalidArgument,
                    "the schedule '" + written + "' has " + std::to_string(words.size()) + " fields, not 5 or 6",
                    "write minute, hour, day of the month, month, day of the week: '30 2 * * mon-fri'");
    }
    CronFields fields;
    const std::array<std::uint64_t*, 6> targets = {&fields.seconds, &fields.minutes, &fields.hours,
                                                   &fields.days,    &fields.months,  &fields.weekdays};
    const std::size_t first = 6 - words.size();
    for (std::size_t i = first; i < 6; ++i) {
        *targets[i] = TSR_TRY(FieldReader(rules()[i], words[i - first]).read());
    }
    if (!canCome(fields)) {
        return fail(ErrorCode::kInvalidArgument, "the schedule '" + written + "' never comes",
                    "none of its months has one of its days");
    }
    return Cron(written, fields, std::move(zone));
}

}  // namespace tessera::jobs
