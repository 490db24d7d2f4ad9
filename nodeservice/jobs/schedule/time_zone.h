#pragma once

/// A time zone of the IANA database, as this machine has it (/usr/share/zoneinfo), and what its clocks show. Times of
/// all years: the database's rules hold for the years that it does not list. Immutable; any thread.

#include "common/result.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace tessera::jobs {

using Instant = std::chrono::sys_seconds;
using LocalTime = std::chrono::local_seconds;

class TimeZone {
  public:
    /// "Europe/Berlin", "UTC". Another name is kInvalidArgument, with the nearest one as a hint.
    static Result<TimeZone> find(const std::string& name);

    static TimeZone utc();

    const std::string& name() const { return name_; }

    LocalTime toLocal(Instant instant) const;

    /// When clocks show this. A time that is skipped is the moment at which they jump over it; of one that comes twice,
    /// this is the first.
    Instant toInstant(LocalTime local) const;

    /// The first moment after this one at which clocks change; none: never again.
    std::optional<Instant> nextChange(Instant after) const;

    bool operator==(const TimeZone& other) const { return name_ == other.name_; }

  private:
    struct Rules;

    TimeZone(std::string name, std::shared_ptr<const Rules> rules) : name_(std::move(name)), rules_(std::move(rules)) {}

    std::string name_;
    std::shared_ptr<const Rules> rules_;
};

}  // namespace tessera::jobs
