/// The connector `memory`: tables that are written down in a server option, and faults on demand. It is the reference
/// for authors (README.md walks through it) and the double that tests of the host use when they need a source that
/// misbehaves.

#include "plugins/memory/evaluate.h"
#include "plugins/memory/model.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tessera::memory {

namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks at the host's signal.
constexpr std::chrono::milliseconds kSlice(20);
/// Between two looks at the host's signal while rows are skipped by the filter.
constexpr std::int64_t kRowsPerLook = 10'000;

constexpr std::uint32_t kServerAndTable = TSR_SCOPE_SERVER | TSR_SCOPE_TABLE;

const TsrOptionSpec kOptions[] = {
    {"tables", TSR_SCOPE_SERVER, true, false, "the tables, as JSON: see plugins/memory/README.md"},
    {"connect_timeout", TSR_SCOPE_SERVER, false, false, "accepted as by every connector; memory answers at once"},
    {"password", TSR_SCOPE_USER, false, true, "must be what the server's required_password says, if that is set"},
    {"required_password", TSR_SCOPE_SERVER, false, true, "refuse sessions with another password"},
    {"table_name", TSR_SCOPE_TABLE, true, false, "which of the server's tables"},
    {"rows", TSR_SCOPE_TABLE, false, false, "rows of a generated table, instead of its declaration's"},
    {"fail_at_open", kServerAndTable, false, false, "true: fail when a session (server) or a scan (table) is opened"},
    {"fail_after_rows", TSR_SCOPE_TABLE, false, false, "fail when this many rows have been delivered"},
    {"fail_sqlstate", kServerAndTable, false, false, "SQLSTATE of those failures (default 08006)"},
    {"delay_ms", TSR_SCOPE_TABLE, false, false, "wait this long before each batch"},
};

Error injectedFault(const sdk::Options& options, const std::string& where) {
    Error error = fail(ErrorCode::kUnavailable, "the memory source failed " + where + ", as its options ask");
    error.sqlstate = options.get("fail_sqlstate", "08006");
    return error;
}

/// "\\x00ff", as PostgreSQL writes bytea, to its bytes.
Result<std::string> parseBytes(const std::string& text) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string bytes;
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
        const auto high = kDigits.find(text[i]);
        const auto low = kDigits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            break;
        }
        bytes += static_cast<char>(high * 16 + low);
    }
    if (!text.starts_with("\\x") || text.size() != 2 + 2 * bytes.size()) {
        return fail(ErrorCode::kInvalidArgument,
                    "'" + sdk::abbreviate(text) + "' is not a bytea value in hexadecimal form");
    }
    return bytes;
}

/// What a scan does besides delivering rows.
struct Faults {
    std::int64_t fail_after_rows = -1;
    std::chrono::milliseconds delay{0};
};

/// A scan under way: it looks at one row after the other until the batch is full.
class MemoryCursor : public sdk::Cursor {
  public:
    MemoryCursor(const TsrHost& host, Table table, Plan plan, sdk::Options options, const sdk::Query& query)
        : host_(host),
          table_(std::move(table)),
          plan_(std::move(plan)),
          options_(std::move(options)),
          builder_(query.column_types),
          limit_(query.batch_bytes) {}

    /// Everything that can be wrong with the plan is found here, before the first row.
    Result<> start(std::span<const TsrParam> params) {
        filter_.emplace(TSR_TRY(Filter::compile(plan_.filter, table_, params)));
        if (plan_.columns.size() != builder_.columnCount()) {
            return fail(ErrorCode::kInvalidArgument, "the plan has another number of columns than the query");
        }
        for (const std::string& name : plan_.columns) {
            const auto column = table_.findColumn(name);
            if (!column) {
                Error error = fail(ErrorCode::kNotFound, "table '" + table_.name + "' has no column '" + name + "'",
                                   "import the table again, or correct the foreign table's columns");
                error.sqlstate = "42703";
                return error;
            }
            columns_.push_back(*column);
        }
        if (plan_.limit) {
            remaining_ = *plan_.limit;
        }
        faults_.fail_after_rows = TSR_TRY(options_.getInt("fail_after_rows", -1, 0, INT64_MAX));
        faults_.delay = std::chrono::milliseconds(TSR_TRY(options_.getInt("delay_ms", 0, 0, 3'600'000)));
        return {};
    }

    Result<sdk::Fetch> next(ArrowArray* array) override {
        if (const auto interrupted = TSR_TRY(waitForDelay())) {
            return *interrupted;
        }
        while (row_ < table_.rowCount() && remaining_ != 0 && !limit_.reached(builder_) && !failureIsDue()) {
            if (row_ % kRowsPerLook == 0 && sdk::isCancelled(host_)) {
                return sdk::cancelled();
            }
            TSR_TRY(takeRow(row_++));
        }
        const std::int64_t rows = builder_.rowCount();
        if (rows == 0) {
            if (failureIsDue()) {
                return injectedFault(options_, "after " + std::to_string(delivered_) + " rows");
            }
            return sdk::Fetch::kEnd;
        }
        delivered_ += rows;
        delay_until_.reset();
        limit_.advance();
        builder_.finish(array);
        return sdk::Fetch::kBatch;
    }

  private:
    bool failureIsDue() const { return delivered_ + builder_.rowCount() == faults_.fail_after_rows; }

    /// A value when next() must return it now: the delay is not over and the host wants attention.
    Result<std::optional<sdk::Fetch>> waitForDelay() {
        if (!delay_until_) {
            delay_until_ = Clock::now() + faults_.delay;
        }
        while (Clock::now() < *delay_until_) {
            switch (host_.poll_signal(&host_)) {
                case TSR_SIGNAL_CANCEL:
                    return sdk::cancelled();
                case TSR_SIGNAL_ATTENTION:
                    return std::optional(sdk::Fetch::kAgain);
                case TSR_SIGNAL_NONE:
                    break;
            }
            std::this_thread::sleep_for(std::min<Clock::duration>(kSlice, *delay_until_ - Clock::now()));
        }
        return std::optional<sdk::Fetch>();
    }

    Result<> takeRow(std::int64_t row) {
        if (!TSR_TRY(filter_->matches(row))) {
            return {};
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const Cell cell = table_.cell(row, columns_[i]);
            if (!cell) {
                builder_.appendNull(i);
                continue;
            }
            if (auto added = addValue(i, *cell); !added) {
                return std::move(added.error())
                    .withContext("column '" + plan_.columns[i] + "' of row " + std::to_string(row + 1));
            }
        }
        builder_.endRow();
        --remaining_;
        return {};
    }

    Result<> addValue(std::size_t column, const std::string& text) {
        if (builder_.type(column) == TSR_TYPE_BYTES) {
            return builder_.appendBytes(column, TSR_TRY(parseBytes(text)));
        }
        return builder_.appendText(column, text);
    }

    const TsrHost& host_;
    Table table_;
    Plan plan_;
    sdk::Options options_;
    sdk::BatchBuilder builder_;
    sdk::BatchLimit limit_;
    std::optional<Filter> filter_;  // refers to table_
    std::vector<std::size_t> columns_;
    Faults faults_;
    std::optional<Clock::time_point> delay_until_;
    std::int64_t row_ = 0;
    std::int64_t delivered_ = 0;
    std::int64_t remaining_ = -1;  // rows of the plan's limit; negative is no limit
};

class MemorySession : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options) {
        if (TSR_TRY(options.getBool("fail_at_open", false))) {
            return injectedFault(options, "when a session was opened");
        }
        const auto required = options.find("required_password");
        if (required && options.find("password") != required) {
            Error error = fail(ErrorCode::kUnauthenticated, "the memory source refused the password",
                               "correct the option 'password' of the user mapping");
            error.sqlstate = "28P01";
            return error;
        }
        const std::string json = TSR_TRY(options.require("tables"));
        std::vector<Table> tables = TSR_TRY(parseTables(json));
        return std::unique_ptr<sdk::Session>(new MemorySession(host, std::move(tables)));
    }

    /// There is one schema, so every name is taken for it.
    Result<std::vector<sdk::Table>> listTables(const std::string& /*schema*/,
                                               const std::optional<std::string>& only) override {
        std::vector<sdk::Table> found;
        for (const Table& table : tables_) {
            if (only && *only != table.name) {
                continue;
            }
            sdk::Table& listed = found.emplace_back();
            listed.name = table.name;
            listed.comment = table.comment;
            listed.row_count = static_cast<double>(table.rowCount());
            listed.options = {{"table_name", table.name}};
            for (const Column& column : table.columns) {
                listed.columns.push_back({column.name, column.pg_type, column.not_null, column.key_position, "", {}});
            }
        }
        return found;
    }

    Result<TsrStatistics> statistics(const sdk::Options& table_options) override {
        const Table table = TSR_TRY(tableFor(table_options));
        return TsrStatistics{static_cast<double>(table.rowCount()), -1};
    }

    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override {
        Plan plan = TSR_TRY(parsePlan(query.text));
        const sdk::Options options = optionsOf(plan);
        if (TSR_TRY(options.getBool("fail_at_open", false))) {
            return injectedFault(options, "when a scan was opened");
        }
        Table table = TSR_TRY(tableFor(options));
        auto cursor = std::make_unique<MemoryCursor>(host_, std::move(table), std::move(plan), options, query);
        TSR_TRY(cursor->start(query.params));
        return std::unique_ptr<sdk::Cursor>(std::move(cursor));
    }

  private:
    MemorySession(const TsrHost& host, std::vector<Table> tables) : host_(host), tables_(std::move(tables)) {}

    static sdk::Options optionsOf(const Plan& plan) {
        std::vector<TsrOption> options;
        options.reserve(plan.table_options.size());
        for (const auto& [name, value] : plan.table_options) {
            options.push_back({name.c_str(), value.c_str()});
        }
        return sdk::Options(options.data(), options.size());
    }

    /// The declared table, with what the table options change about it.
    Result<Table> tableFor(const sdk::Options& table_options) const {
        const std::string name = TSR_TRY(table_options.require("table_name"));
        const auto found =
            std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) { return table.name == name; });
        if (found == tables_.end()) {
            Error error = fail(ErrorCode::kNotFound, "the memory source has no table '" + name + "'",
                               "the server option 'tables' declares them");
            error.sqlstate = "42P01";
            return error;
        }
        Table table = *found;
        const std::int64_t rows = TSR_TRY(table_options.getInt("rows", -1, 0, INT64_MAX));
        if (rows >= 0 && !table.generated_rows) {
            return fail(ErrorCode::kInvalidArgument,
                        "option 'rows' is for generated tables, and '" + name + "' has its rows written down");
        }
        if (rows >= 0) {
            table.generated_rows = rows;
        }
        return table;
    }

    const TsrHost& host_;
    std::vector<Table> tables_;
};

}  // namespace

}  // namespace tessera::memory

TESSERA_CONNECTOR(memory, "1.0", "plan", tessera::memory::kOptions, &tessera::memory::MemorySession::open, nullptr)
