#include "plugins/mysql/session.h"

#include "plugins/mysql/catalog.h"
#include "plugins/mysql/cursor.h"

namespace tessera::mysql {

Result<std::unique_ptr<sdk::Session>> Session::open(const TsrHost& host, const sdk::Options& options) {
    ConnectOptions read = TSR_TRY(readOptions(options));
    auto connection = TSR_TRY(Connection::open(host, std::move(read)));
    return std::unique_ptr<sdk::Session>(new Session(std::move(connection)));
}

Result<std::vector<sdk::Table>> Session::listTables(const std::string& schema,
                                                    const std::optional<std::string>& table) {
    return mysql::listTables(*connection_, schema, table);
}

Result<TsrStatistics> Session::statistics(const sdk::Options& table_options) {
    const std::string schema = table_options.get("schema_name", connection_->options().database);
    const std::string table = TSR_TRY(table_options.require("table_name"));
    return readStatistics(*connection_, schema, table);
}

Result<std::vector<sdk::ColumnStatistics>> Session::columnStatistics(const sdk::Options& table_options) {
    return readColumnStatistics(*connection_, table_options.get("schema_name", connection_->options().database),
                                TSR_TRY(table_options.require("table_name")));
}

Result<std::unique_ptr<sdk::Cursor>> Session::execute(const sdk::Query& query) {
    return Cursor::open(*connection_, statements_, query);
}

}  // namespace tessera::mysql
