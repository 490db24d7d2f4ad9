#include "common/handle.h"
#include "common/strings.h"
#include "tests/conformance/source.h"
#include "tests/conformance/sqlite_table.h"
#include "tests/support/temporary_directory.h"

#include <sqlite3.h>

namespace tessera::conformance {
namespace {

class SqliteSource : public Source {
  public:
    SqliteSource() : known_(sqliteKnownTable()) {}

    Result<> fill() { return execute(join(sqliteStatements(known_), ";")); }

    std::string connector() const override { return "sqlite"; }

    OptionList options() const override { return {{"database", path()}}; }

    std::string schema() const override { return "main"; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        return sqliteSelect(table, columns);
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column) + " = ?1";
    }

    Result<> makeManyRows() override {
        if (has_many_rows_) {
            return {};
        }
        TSR_TRY(execute(
            "CREATE TABLE many (id INTEGER, filler TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
            " FROM n WHERE i < " +
            std::to_string(manyRows()) + ") INSERT INTO many SELECT i, printf('%0100d', i) FROM n"));
        has_many_rows_ = true;
        return {};
    }

  private:
    std::string path() const { return (folder_.path() / "known.db").string(); }

    Result<> execute(const std::string& sql) const {
        sqlite3* opened = nullptr;
        sqlite3_open(path().c_str(), &opened);
        const Handle<sqlite3, sqlite3_close> database(opened);
        if (sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            return fail(ErrorCode::kInternal, sqlite3_errmsg(opened));
        }
        return {};
    }

    TemporaryDirectory folder_;
    KnownTable known_;
    bool has_many_rows_ = false;
};

Result<std::unique_ptr<Source>> startSqliteSource() {
    auto source = std::make_unique<SqliteSource>();
    TSR_TRY(source->fill());
    return std::unique_ptr<Source>(std::move(source));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ConnectorConformance, testing::Values(SourceFactory{"sqlite", &startSqliteSource}));

}  // namespace
}  // namespace tessera::conformance
