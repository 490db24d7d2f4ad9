#pragma once

/// An export's file as the source itself writes it (`tessera.file_of`, docs/decisions/0048): where a source of files
/// can answer the whole query, its rows go from file to file without passing through PostgreSQL. Internal to this
/// folder.

#include "nodeservice/jobs/steps/step_pool.h"
#include "nodeservice/postgres/connection.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tessera::jobs {

/// Into a new file, in the transaction that is open. Returns the number of rows; none: the rows must be read, and the
/// run's log says why. The file has what one of the rows would have.
Result<std::optional<std::int64_t>> writeBySource(postgres::Connection& connection, StepAttempt& attempt,
                                                  const std::string& query, const std::string& format,
                                                  const std::filesystem::path& file);

}  // namespace tessera::jobs
