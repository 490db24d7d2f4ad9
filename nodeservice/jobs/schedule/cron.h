#pragma once

/// A cron expression in a time zone.
///
/// Five fields (minute hour day-of-month month day-of-week) or six (second first). A field is `*`, or a list of
/// numbers, ranges `a-b` and steps `*/n`, `a-b/n`; months and days of the week also by their first three letters,
/// Sunday is 0 or
/// 7. Instead of fields: @yearly, @monthly, @weekly, @daily, @hourly. When both day fields leave days out, a day that
/// either of them names counts, as in every cron.
///
/// When clocks change, the hour field decides:
/// - An expression of every hour follows time as it passes: it runs in both of two equal hours, and not in a skipped
/// one.
/// - One that names hours runs once for each of them, each day: at a time that comes twice, the first time; at a time
///   that is skipped, at the moment at which clocks jump (once, if that stands for several of its times).
///
/// Immutable; any thread.

#include "nodeservice/jobs/schedule/time_zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::jobs {

/// Which values each field allows: bit n stands for n.
struct CronFields {
    std::uint64_t seconds = 1;
    std::uint64_t minutes = 0;
    std::uint64_t hours = 0;
    std::uint64_t days = 0;
    std::uint64_t months = 0;
    std::uint64_t weekdays = 0;

    bool isEveryHour() const;
    bool isEveryDay() const;
    bool isEveryWeekday() const;
    bool isEveryMonth() const;
    bool allows(std::chrono::year_month_day day) const;

    bool operator==(const CronFields&) const = default;
};

class Cron {
  public:
    /// Also refuses what never comes, as 30 February.
    static Result<Cron> parse(std::string_view text, TimeZone zone);

    std::optional<Instant> next(Instant after) const;

    /// In words: "every weekday at 02:30".
    std::string describe() const;

    const CronFields& fields() const { return fields_; }

    const TimeZone& zone() const { return zone_; }

    /// As it was written, with single spaces.
    const std::string& text() const { return text_; }

    bool operator==(const Cron& other) const { return text_ == other.text_ && zone_ == other.zone_; }

  private:
    Cron(std::string text, CronFields fields, TimeZone zone)
        : text_(std::move(text)), fields_(fields), zone_(std::move(zone)) {}

    std::optional<LocalTime> nextLocal(LocalTime from) const;
    std::optional<Instant> nextOfNamedHours(Instant after) const;
    std::optional<Instant> nextOfEveryHour(Instant after) const;

    std::string text_;
    CronFields fields_;
    TimeZone zone_;
};

}  // namespace tessera::jobs
