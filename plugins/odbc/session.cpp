#include "plugins/odbc/session.h"

#include "plugins/odbc/catalog.h"
#include "plugins/odbc/cursor.h"

namespace tessera::odbc {

Result<std::unique_ptr<sdk::Session>> Session::open(const TsrHost& host, const sdk::Options& options) {
    const bool has_directory =
        host.struct_size > offsetof(TsrHost, dialect_directory) && host.dialect_directory != nullptr;
    ConnectOptions read = TSR_TRY(readOptions(options, has_directory ? host.dialect_directory(&host) : ""));
    auto connection = TSR_TRY(Connection::open(host, std::move(read)));
    return std::unique_ptr<sdk::Session>(new Session(std::move(connection)));
}

Result<std::vector<sdk::Table>> Session::listTables(const std::string& schema,
                                                    const std::optional<std::string>& table) {
    return connection_->run<std::vector<sdk::Table>>(
        [catalog = connection_->options().catalog, schema, table](const std::shared_ptr<Link>& link) {
            return odbc::listTables(link, catalog, schema, table);
        });
}

Result<TsrStatistics> Session::statistics(const sdk::Options& table_options) {
    return connection_->run<TsrStatistics>(
        [table_options](const std::shared_ptr<Link>& link) { return readStatistics(link, table_options); });
}

Result<std::unique_ptr<sdk::Cursor>> Session::execute(const sdk::Query& query) {
    return Cursor::open(*connection_, query);
}

std::uint32_t Session::capabilities() {
    const Facts& facts = connection_->facts();
    const bool has_savepoints = facts.has_transactions && facts.dbms->savepoints != Savepoints::kNone;
    return TSR_CAN_CHANGE | TSR_CAN_INGEST | (facts.has_transactions ? std::uint32_t{TSR_CAN_TRANSACT} : 0U) |
           (has_savepoints ? std::uint32_t{TSR_CAN_SAVEPOINT} : 0U);
}

}  // namespace tessera::odbc
