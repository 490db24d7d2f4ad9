/// The connector `postgres`: PostgreSQL 12 and later, and what speaks its protocol, through libpq. README.md has its
/// options.

#include "plugins/postgres/session.h"
#include "plugins/sdk/connector_base.h"

namespace tessera::postgres_connector {

namespace {

Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options) {
    return openSession(host, options, nameSource(options), true);
}

}  // namespace

}  // namespace tessera::postgres_connector

TESSERA_CONNECTOR(postgres, "1.0", "postgres", tessera::postgres_connector::optionSpecs(),
                  &tessera::postgres_connector::open, &tessera::postgres_connector::relationOf, true)
