#pragma once

/// The options of the odbc connector, read and checked. Values; any thread. What signs a person in stands in the user
/// mapping only; nothing here writes it into a message.

#include "common/result.h"
#include "common/secret.h"
#include "plugins/sdk/connector_base.h"

#include <cstdint>
#include <span>
#include <string>

namespace tessera::odbc {

struct ConnectOptions {
    Secret connection_string;  // whole, with the credentials
    std::string password;      // to keep it out of messages
    std::string where;         // "ODBC source 'crm'", "ODBC driver 'FreeTDS' at db.example.com:1433"
    std::string dialect;       // empty: by what the driver says; else a dialect's name, or the path of a dialect file
    std::string catalog;       // empty: the connection's
    std::int64_t connect_timeout_s = 10;
    std::int64_t query_timeout_s = 0;  // 0: none
    std::int64_t fetch_rows = 0;       // 0: as many as fit a buffer
};

std::span<const TsrOptionSpec> optionSpecs();

/// Dialect files are looked for in the folder, which may be empty.
Result<ConnectOptions> readOptions(const sdk::Options& options, const std::string& dialect_directory);

}  // namespace tessera::odbc
