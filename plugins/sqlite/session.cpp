#include "plugins/sqlite/session.h"

#include "plugins/sqlite/catalog.h"
#include "plugins/sqlite/cursor.h"
#include "plugins/sqlite/range_cursor.h"

namespace tessera::sqlite {

std::span<const TsrOptionSpec> optionSpecs() {
    static constexpr TsrOptionSpec kOptions[] = {
        {"database", TSR_SCOPE_SERVER, true, false, "absolute path of the database file, which must exist"},
        {"read_only", TSR_SCOPE_SERVER, false, false, "open the file for reading only (default true)"},
        {"busy_timeout", TSR_SCOPE_SERVER, false, false, "milliseconds to wait for other writers (default 5000)"},
        {"schema_name", TSR_SCOPE_TABLE, false, false, "always 'main'"},
        {"table_name", TSR_SCOPE_TABLE, false, false, "the table's or view's name in the database"},
        {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name in the database"},
        {"strict", TSR_SCOPE_COLUMN, false, false, "'true' when the database enforces the column's type"},
        {"collation", TSR_SCOPE_COLUMN, false, false, "the column's collation when it is not BINARY"},
    };
    return kOptions;
}

Result<std::unique_ptr<sdk::Session>> Session::open(const TsrHost& host, const sdk::Options& options) {
    const std::string path = TSR_TRY(options.require("database"));
    const bool read_only = TSR_TRY(options.getBool("read_only", true));
    const std::int64_t busy_timeout_ms = TSR_TRY(options.getInt("busy_timeout", 5'000, 0, 3'600'000));
    auto database = TSR_TRY(Database::open(host, path, read_only, busy_timeout_ms));
    return std::unique_ptr<sdk::Session>(new Session(std::move(database), read_only));
}

Result<std::vector<sdk::Table>> Session::listTables(const std::string& schema,
                                                    const std::optional<std::string>& table) {
    if (schema != "main") {
        Error error =
            fail(ErrorCode::kNotFound, "a SQLite database has no schema '" + schema + "'", "import schema 'main'");
        error.sqlstate = "3F000";
        return error;
    }
    return sqlite::listTables(*database_, table);
}

Result<TsrStatistics> Session::statistics(const sdk::Options& table_options) {
    return readStatistics(*database_, TSR_TRY(table_options.require("table_name")));
}

Result<std::vector<sdk::ColumnStatistics>> Session::columnStatistics(const sdk::Options& table_options) {
    return readColumnStatistics(*database_, TSR_TRY(table_options.require("table_name")));
}

Result<> Session::startStep(TsrStep step, const std::string& name) {
    step_ = step;
    step_name_ = name;
    return {};
}

Result<std::unique_ptr<sdk::Cursor>> Session::execute(const sdk::Query& query) {
    // What a transaction shows only its own session sees.
    const bool is_alone = sqlite3_get_autocommit(database_->handle()) != 0;
    if (!query.range_text.empty() && is_alone) {
        if (auto cursor = RangeCursor::open(readers_, query)) {
            return cursor;
        }
    }
    return Cursor::open(*database_, query);
}

}  // namespace tessera::sqlite
