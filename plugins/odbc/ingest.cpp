#include "plugins/odbc/ingest.h"

#include "common/strings.h"
#include "plugins/odbc/unicode.h"
#include "plugins/sdk/dialect_file/dialect_file.h"

namespace tessera::odbc {

namespace {

constexpr std::size_t kMostBytes = 1UL << 20U;
constexpr std::size_t kMostRows = 1000;

SQLPOINTER pointer(std::size_t value) {
    return reinterpret_cast<SQLPOINTER>(value);  // NOLINT(performance-no-int-to-ptr): how ODBC passes numbers
}

/// Rows that are sent together, for the worker.
struct Block {
    std::u16string text;
    std::vector<Params> rows;

    /// False: the driver takes no arrays, and nothing was sent.
    Result<bool> sendTogether(const std::shared_ptr<Link>& link) {
        Statement statement(link);
        std::vector<SQLUSMALLINT> states(rows.size(), SQL_PARAM_SUCCESS);
        SQLULEN done = 0;
        SQLULEN size = 0;
        SQLSetStmtAttrW(statement.get(), SQL_ATTR_PARAM_BIND_TYPE, pointer(SQL_PARAM_BIND_BY_COLUMN), 0);
        if (!SQL_SUCCEEDED(SQLSetStmtAttrW(statement.get(), SQL_ATTR_PARAMSET_SIZE, pointer(rows.size()), 0)) ||
            !SQL_SUCCEEDED(SQLGetStmtAttrW(statement.get(), SQL_ATTR_PARAMSET_SIZE, &size, 0, nullptr)) ||
            size != rows.size()) {
            return false;
        }
        SQLSetStmtAttrW(statement.get(), SQL_ATTR_PARAM_STATUS_PTR, states.data(), 0);
        SQLSetStmtAttrW(statement.get(), SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0);
        std::vector<ParamArray> columns(rows.front().slots().size());
        for (const Params& row : rows) {
            for (std::size_t i = 0; i < columns.size(); ++i) {
                columns[i].add(row.slots()[i]);
            }
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            TSR_TRY(columns[i].bind(statement, static_cast<SQLUSMALLINT>(i + 1)));
        }
        const SQLRETURN code = statement.execute(text);
        TSR_TRY(statement.check(code));
        // With one bad row among good ones, a driver may speak of a success.
        const bool failed = std::find(states.begin(), states.end(), SQLUSMALLINT{SQL_PARAM_ERROR}) != states.end();
        if (failed || (done != 0 && done != rows.size())) {
            TSR_TRY(statement.check(SQL_ERROR));
        }
        return true;
    }

    Result<> sendEach(const std::shared_ptr<Link>& link) {
        for (Params& row : rows) {
            Statement statement(link);
            TSR_TRY(row.bind(statement));
            TSR_TRY(statement.check(statement.execute(text)));
        }
        return {};
    }

    Result<> send(const std::shared_ptr<Link>& link) {
        const bool sent = rows.size() > 1 && link->facts().dbms->takes_arrays && TSR_TRY(sendTogether(link));
        return sent ? Result<>() : sendEach(link);
    }
};

}  // namespace

Result<std::unique_ptr<sdk::Ingest>> Ingest::start(Connection& connection, const sdk::Target& target) {
    const dialect::Dialect& dialect = *TSR_TRY(dialect::findOrLoad(connection.facts().dialect));
    std::string columns;
    std::string values;
    for (const std::string_view column : target.columns) {
        columns += (columns.empty() ? "" : ", ") + dialect::quoteIdentifier(dialect, column);
        values += values.empty() ? "?" : ", ?";
    }
    return std::unique_ptr<sdk::Ingest>(new Ingest(
        connection, "INSERT INTO " + std::string(target.relation) + " (" + columns + ") VALUES (" + values + ")",
        target.columns.size()));
}

Result<> Ingest::rows(std::span<const TsrParam> values) {
    for (std::size_t first = 0; first < values.size(); first += columns_) {
        const Params& row =
            rows_.emplace_back(TSR_TRY(Params::from(values.subspan(first, columns_), *connection_.facts().dbms)));
        for (const Params::Slot& slot : row.slots()) {
            bytes_ += slot.bytes.size() + sizeof slot;
        }
        ++count_;
        if (bytes_ >= kMostBytes || rows_.size() >= kMostRows) {
            TSR_TRY(send());
        }
    }
    return {};
}

Result<> Ingest::send() {
    if (rows_.empty()) {
        return {};
    }
    auto block = std::make_shared<Block>(Block{toWide(text_), std::move(rows_)});
    rows_.clear();
    bytes_ = 0;
    return connection_.run<void>([block](const std::shared_ptr<Link>& link) { return block->send(link); });
}

Result<std::int64_t> Ingest::finish() {
    TSR_TRY(send());
    return count_;
}

}  // namespace tessera::odbc
