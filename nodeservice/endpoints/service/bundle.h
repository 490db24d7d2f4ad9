#pragma once

/// What is published of an endpoint, and signed: its file and what PostgreSQL said of its result. Pure; any thread.

#include "nodeservice/endpoints/serve/call.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::endpoints {

struct Bundle {
    std::string name;
    std::int64_t version = 0;
    std::string author;
    /// The file's text.
    std::string source;
    /// As columnsText() writes them.
    std::string columns;

    /// What the signature is of: the same for the same bundle, and no other.
    std::string signedText() const;
};

std::string columnsText(const std::vector<ResultColumn>& columns);

/// An error when the bundle cannot be read by this program.
Result<Published> readBundle(const Bundle& bundle, std::int64_t at_ms);

}  // namespace tessera::endpoints
