#pragma once

/// Sessions of PostgreSQL, for the connectors that speak its protocol: `postgres`, and `node`. README.md has the
/// options.

#include "plugins/postgres/remote_error.h"
#include "plugins/sdk/connector_base.h"

#include <memory>
#include <span>
#include <string>

namespace tessera::postgres_connector {

/// Those of the connector `postgres`.
std::span<const TsrOptionSpec> optionSpecs();

/// How messages name the server of these options.
SourceName nameSource(const sdk::Options& options);

/// `has_own_data`: all that it shows lies there, so that what holds for its sessions' snapshots holds for the data.
Result<std::unique_ptr<sdk::Session>> openSession(const TsrHost& host, const sdk::Options& options, SourceName source,
                                                  bool has_own_data);

/// What stands in FROM for a foreign table.
Result<std::string> relationOf(const sdk::Options& server_options, const sdk::Options& table_options);

}  // namespace tessera::postgres_connector
