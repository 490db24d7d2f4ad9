#pragma once

/// Lists as the commands print them, in the format that was chosen, and errors on standard error.

#include "app/cli/exit_codes.h"
#include "app/core/output/row_writer.h"
#include "app/core/output/text_batch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::cli {

struct Listing {
    std::vector<std::string> titles;
    std::vector<app::TextRow> rows;
};

ExitCode print(const Listing& listing, app::OutputFormat format);

/// Returns the code.
ExitCode reportError(const Error& error, ExitCode code);

std::optional<std::string> orNull(const std::string& text);

/// Milliseconds since 1970 as this machine's clock shows them; nothing for 0.
std::optional<std::string> timeText(std::int64_t ms);

}  // namespace tessera::cli
