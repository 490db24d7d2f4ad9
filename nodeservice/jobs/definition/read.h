#pragma once

/// Job files: read strictly, checked together, written canonically, compared. Pure; any thread.

#include "common/config/schema.h"
#include "nodeservice/jobs/definition/definition.h"

#include <array>
#include <string>
#include <vector>

namespace tessera::jobs {

struct ReadDefinition {
    /// Complete only when there are no errors.
    Definition definition;
    /// Everything that is wrong, each beginning with file:line:column and with what to do as its hint.
    std::vector<Error> errors;
};

/// `origin` is what messages call the text.
ReadDefinition readDefinition(const std::string& text, const std::string& origin);

/// What only shows when all jobs are known: two with one name, jobs that wait for or start each other in a circle, or
/// that are not there.
std::vector<Error> checkTogether(const std::vector<Definition>& definitions);

/// The same text for the same job, which reads back as it: keys in one order, defaults left out.
std::string writeDefinition(const Definition& definition);

/// What a person changed: the lines of the canonical texts, with '-', '+' or ' ' before each, three around a change.
/// Empty: nothing.
std::string diffDefinitions(const Definition& before, const Definition& after);

/// The keys of a job file.
const config::Schema& definitionSchema();

/// The names of enumerations as files have them, in the enumerations' order.
inline constexpr std::array<const char*, 4> kConcurrencyNames = {"queue", "skip", "replace", "allow"};
inline constexpr std::array<const char*, 3> kMissedRunsNames = {"skip", "last", "catch_up"};
inline constexpr std::array<const char*, 3> kRunEndNames = {"success", "failure", "any"};
inline constexpr std::array<const char*, 4> kExportFormatNames = {"parquet", "csv", "json", "xlsx"};
inline constexpr std::array<const char*, 4> kCopyModeNames = {"append", "replace", "upsert", "incremental"};
inline constexpr std::array<const char*, 3> kAlertChannelNames = {"webhook", "email", "desktop"};

}  // namespace tessera::jobs
