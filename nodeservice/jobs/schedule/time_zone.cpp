#include "nodeservice/jobs/schedule/time_zone.h"

#include "common/strings.h"

#include <absl/time/time.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace tessera::jobs {

struct TimeZone::Rules {
    absl::TimeZone zone;
};

namespace {

absl::Time toAbsl(Instant instant) {
    return absl::FromUnixSeconds(instant.time_since_epoch().count());
}

Instant fromAbsl(absl::Time time) {
    return Instant(std::chrono::seconds(absl::ToUnixSeconds(time)));
}

/// Names of the database only: the library would also open any file, and knows zones of its own.
bool isPlausible(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
               c == '-' || c == '+';
    };
    const bool is_of_another_clock = name.starts_with("posix/") || name.starts_with("right/") ||
                                     name.starts_with("Fixed/") || name == "localtime" || name == "posixrules";
    return !name.empty() && name.size() <= kLongest && name.front() != '/' && !is_of_another_clock &&
           std::all_of(name.begin(), name.end(), is_allowed);
}

/// For hints. Where the list is missing there is no hint.
std::vector<std::string> knownNames() {
    std::vector<std::string> names = {"UTC"};
    std::ifstream list("/usr/share/zoneinfo/zone1970.tab");
    for (std::string line; std::getline(list, line);) {
        std::istringstream fields(line);
        std::string countries;
        std::string coordinates;
        std::string name;
        if (!line.starts_with('#') && fields >> countries >> coordinates >> name) {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace

Result<TimeZone> TimeZone::find(const std::string& name) {
    Rules rules;
    if (!isPlausible(name) || !absl::LoadTimeZone(name, &rules.zone)) {
        const std::string near = nearest(name, knownNames());
        return fail(ErrorCode::kInvalidArgument, "there is no time zone '" + name + "'",
                    near.empty() ? "write a name of the IANA database, such as Europe/Berlin or UTC"
                                 : "did you mean '" + near + "'?");
    }
    return TimeZone(name, std::make_shared<const Rules>(rules));
}

TimeZone TimeZone::utc() {
    return {"UTC", std::make_shared<const Rules>(Rules{absl::UTCTimeZone()})};
}

LocalTime TimeZone::toLocal(Instant instant) const {
    const auto offset = rules_->zone.At(toAbsl(instant)).offset;
    return LocalTime(instant.time_since_epoch() + std::chrono::seconds(offset));
}

Instant TimeZone::toInstant(LocalTime local) const {
    const absl::CivilSecond civil = absl::CivilSecond(1970) + local.time_since_epoch().count();
    const absl::TimeZone::TimeInfo info = rules_->zone.At(civil);
    return fromAbsl(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

std::optional<Instant> TimeZone::nextChange(Instant after) const {
    absl::TimeZone::CivilTransition change;
    if (!rules_->zone.NextTransition(toAbsl(after), &change)) {
        return std::nullopt;
    }
    // What the clock would have shown is skipped, or else what it shows instead comes a second time.
    absl::TimeZone::TimeInfo info = rules_->zone.At(change.from);
    if (info.kind != absl::TimeZone::TimeInfo::SKIPPED) {
        info = rules_->zone.At(change.to);
    }
    return fromAbsl(info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans);
}

}  // namespace tessera::jobs
