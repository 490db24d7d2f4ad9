/// Goal: cron in time zones says what a second implementation says, which knows no calendar rules of its own: it looks
/// at every second or minute of some days with the C library's clock (which reads the zone database by itself) and
/// compares what that shows with the sets of allowed values. Expressions, zones and years are random, by seed.

#include "nodeservice/jobs/schedule/cron.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace tessera::jobs {
namespace {

using std::chrono::seconds;

struct Shown {
    std::int64_t instant;
    /// What the clock shows, as seconds since 1970 if it were one of UTC.
    std::int64_t wall;
};

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }

    /// A field as text, and the values it stands for.
    std::pair<std::string, std::set<int>> field(int least, int most, int star_percent,
                                                const std::vector<std::string>& names = {}) {
        std::set<int> values;
        if (chance(star_percent)) {
            return {"*", span(least, most, 1)};
        }
        const auto named = [&](int value) {
            const auto index = static_cast<std::size_t>(value - least);
            return !names.empty() && chance(50) ? names.at(index) : std::to_string(value);
        };
        std::string text;
        for (std::uint64_t parts = 1 + below(3); parts > 0; --parts) {
            const int first = least + static_cast<int>(below(static_cast<std::uint64_t>(most - least + 1)));
            const int last = first + static_cast<int>(below(static_cast<std::uint64_t>(most - first + 1)));
            const int step = 1 + static_cast<int>(below(10)) % most;
            text += text.empty() ? "" : ",";
            switch (below(4)) {
                case 0:
                    text += "*/" + std::to_string(step);
                    values.merge(span(least, most, step));
                    break;
                case 1:
                    text += named(first) + "-" + named(last);
                    values.merge(span(first, last, 1));
                    break;
                case 2:
                    text += named(first) + "-" + named(last) + "/" + std::to_string(step);
                    values.merge(span(first, last, step));
                    break;
                default:
                    text += named(first);
                    values.insert(first);
            }
        }
        return {text, values};
    }

  private:
    static std::set<int> span(int first, int last, int step) {
        std::set<int> values;
        for (int value = first; value <= last; value += step) {
            values.insert(value);
        }
        return values;
    }

    std::mt19937_64 engine_;
};

struct Expression {
    std::string text;
    std::set<int> seconds{0}, minutes, hours, days, months, weekdays;

    bool allows(std::int64_t wall) const {
        const std::time_t time = wall;
        std::tm fields{};
        gmtime_r(&time, &fields);
        const bool is_day = days.contains(fields.tm_mday);
        const bool is_weekday = weekdays.contains(fields.tm_wday);
        const bool is_either = days.size() < 31 && weekdays.size() < 7;
        return seconds.contains(fields.tm_sec) && minutes.contains(fields.tm_min) && hours.contains(fields.tm_hour) &&
               months.contains(fields.tm_mon + 1) && (is_either ? is_day || is_weekday : is_day && is_weekday);
    }
};

Expression makeExpression(Generator& random, bool with_seconds) {
    Expression made;
    const auto add = [&](std::set<int>& values, std::pair<std::string, std::set<int>> field) {
        made.text += (made.text.empty() ? "" : " ") + field.first;
        values = std::move(field.second);
    };
    if (with_seconds) {
        add(made.seconds, random.field(0, 59, 20));
    }
    add(made.minutes, random.field(0, 59, 20));
    add(made.hours, random.field(0, 23, 40));
    add(made.days, random.field(1, 31, 60));
    add(made.months,
        random.field(1, 12, 70, {"jan", "feb", "MAR", "apr", "may", "jun", "jul", "Aug", "sep", "oct", "nov", "dec"}));
    add(made.weekdays, random.field(0, 6, 60, {"sun", "mon", "Tue", "wed", "thu", "FRI", "sat"}));
    return made;
}

/// What the C library's clock shows in [begin, end), every `step` seconds.
std::vector<Shown> shownBetween(std::int64_t begin, std::int64_t end, std::int64_t step) {
    std::vector<Shown> shown;
    for (std::int64_t instant = begin; instant < end; instant += step) {
        const std::time_t time = instant;
        std::tm fields{};
        localtime_r(&time, &fields);
        shown.push_back({instant, timegm(&fields)});
    }
    return shown;
}

bool isEveryHour(const Expression& expression) {
    return expression.hours.size() == 24;
}

/// Every clock time once: where it is shown first, or where the clock is beyond it for the first time.
std::set<std::int64_t> expectedTimes(const Expression& expression, const std::vector<Shown>& shown, std::int64_t step) {
    std::set<std::int64_t> times;
    if (isEveryHour(expression)) {
        for (const Shown& moment : shown) {
            if (expression.allows(moment.wall)) {
                times.insert(moment.instant);
            }
        }
        return times;
    }
    std::map<std::int64_t, std::int64_t> first_shown;
    for (const Shown& moment : shown) {
        first_shown.emplace(moment.wall, moment.instant);
    }
    for (std::int64_t wall = first_shown.begin()->first; wall <= first_shown.rbegin()->first; wall += step) {
        if (expression.allows(wall)) {
            times.insert(first_shown.lower_bound(wall)->second);
        }
    }
    return times;
}

class CronClock : public testing::TestWithParam<int> {
  protected:
    void useZone(const std::string& name) {
        setenv("TZ", name.c_str(), 1);
        tzset();
    }

    /// A moment near which the clock changes in this year, or any moment of it.
    std::int64_t interestingMoment(Generator& random, int year) {
        std::tm start{};
        start.tm_year = year - 1900;
        start.tm_mday = 1;
        const std::int64_t begin = timegm(&start);
        const std::int64_t any = begin + static_cast<std::int64_t>(random.below(365 * 24)) * 3600;
        const auto shown = shownBetween(any, any + 200LL * 86400, 3600);
        for (std::size_t i = 1; i < shown.size(); ++i) {
            if (shown[i].wall - shown[i - 1].wall != 3600 && random.chance(90)) {
                return shown[i].instant;
            }
        }
        return any;
    }

    void compare(const Expression& expression, const std::string& zone, std::int64_t begin, std::int64_t end,
                 std::int64_t step) {
        const auto cron = Cron::parse(expression.text, *TimeZone::find(zone));
        if (!cron) {
            // "never comes" must be true: no day of eight years.
            for (std::int64_t day = 0; day < 8 * 366; ++day) {
                Expression any_time = expression;
                any_time.seconds = any_time.minutes = any_time.hours = {0};
                ASSERT_FALSE(any_time.allows(day * 86400)) << expression.text << ": " << cron.error().describe();
            }
            return;
        }
        std::vector<std::int64_t> expected;
        // Some hours more on both sides, for times whose first showing is outside.
        constexpr std::int64_t kMargin = 3 * 3600;
        for (const std::int64_t time :
             expectedTimes(expression, shownBetween(begin - kMargin, end + kMargin, step), step)) {
            if (time > begin && time <= end) {
                expected.push_back(time);
            }
        }
        std::vector<std::int64_t> found;
        for (auto time = cron->next(Instant(seconds(begin))); time && time->time_since_epoch().count() <= end;
             time = cron->next(*time)) {
            found.push_back(time->time_since_epoch().count());
        }
        ASSERT_EQ(found, expected) << "'" << expression.text << "' in " << zone << " from " << begin << " to " << end;
    }
};

const std::vector<std::string> kZones = {
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Tehran",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "Asia/Gaza",
    "Pacific/Chatham",
    "Europe/Dublin",
    "Asia/Pyongyang",
    "Antarctica/Troll",
    "Europe/Lisbon",
    "America/Caracas",
    "Pacific/Kwajalein",
};

TEST_P(CronClock, AgreesWithTheCLibrarysClock) {
    Generator random(static_cast<std::uint64_t>(GetParam()));
    for (int round = 0; round < 15; ++round) {
        const std::string zone = kZones[random.below(kZones.size())];
        useZone(zone);
        // From when all zones count in whole minutes; beyond 2037 rules hold, no lists.
        const int year = 1973 + static_cast<int>(random.below(110));
        const std::int64_t middle = interestingMoment(random, year) / 60 * 60;
        if (random.chance(20)) {
            compare(makeExpression(random, true), zone, middle - 2 * 3600, middle + 2 * 3600, 1);
        } else {
            compare(makeExpression(random, false), zone, middle - 3 * 86400, middle + 3 * 86400, 60);
        }
        if (HasFatalFailure()) {
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CronClock, testing::Range(1, 21));

}  // namespace
}  // namespace tessera::jobs
