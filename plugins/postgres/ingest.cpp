#include "plugins/postgres/ingest.h"

#include "common/strings.h"
#include "plugins/postgres/copy_encoding.h"

#include <charconv>
#include <cstring>

namespace tessera::postgres_connector {

namespace {

/// What is handed to libpq at once.
constexpr std::size_t kChunkBytes = 64UL * 1024;

std::string columnList(const sdk::Target& target) {
    std::string list;
    for (const std::string_view column : target.columns) {
        list += (list.empty() ? "" : ", ") + quoteIdentifier(std::string(column));
    }
    return list;
}

/// The types of the columns, asked as those of the parameters of an INSERT: that needs no right to read the table.
Result<std::vector<Oid>> columnTypes(Connection& connection, const sdk::Target& target) {
    std::string sql = "INSERT INTO " + std::string(target.relation) + " (" + columnList(target) + ") VALUES (";
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        sql += (i > 0 ? ", $" : "$") + std::to_string(i + 1);
    }
    sql += ")";
    if (PQsendPrepare(connection.get(), "", sql.c_str(), 0, nullptr) == 0) {
        return connection.lossReason();
    }
    TSR_TRY(connection.collect(Connection::Clock::time_point::max(), Connection::Heed::kCancel));
    if (PQsendDescribePrepared(connection.get(), "") == 0) {
        return connection.lossReason();
    }
    const PgResult described =
        TSR_TRY(connection.collect(Connection::Clock::time_point::max(), Connection::Heed::kCancel));
    std::vector<Oid> types;
    for (int i = 0; i < PQnparams(described.get()); ++i) {
        types.push_back(PQparamtype(described.get(), i));
    }
    return types;
}

bool allBinary(const std::vector<Oid>& columns, const std::vector<TsrType>& values) {
    bool all = columns.size() == values.size();
    for (std::size_t i = 0; all && i < columns.size(); ++i) {
        all = readsBinary(columns[i], values[i]);
    }
    return all;
}

}  // namespace

Result<std::unique_ptr<sdk::Ingest>> CopyIngest::start(Connection& connection, const sdk::Target& target) {
    // PostgreSQL has at most 1600 columns, well below the 65535 parameters of its protocol.
    const bool binary = allBinary(TSR_TRY(columnTypes(connection, target)), target.types);
    std::unique_ptr<CopyIngest> ingest(new CopyIngest(connection, target.types, binary));
    TSR_TRY(ingest->begin("COPY " + std::string(target.relation) + " (" + columnList(target) + ") FROM STDIN" +
                          (binary ? " (FORMAT binary)" : "")));
    return std::unique_ptr<sdk::Ingest>(std::move(ingest));
}

Result<> CopyIngest::begin(const std::string& sql) {
    TSR_TRY(connection_.send(sql));
    const PgResult result = TSR_TRY(connection_.next(Connection::Clock::time_point::max(), Connection::Heed::kCancel));
    if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
        Error error = remoteError(result.get(), connection_.get(), connection_.source());
        connection_.finishStatement();
        return error;
    }
    open_ = true;
    if (binary_) {
        out_.append(copyHeader());
    }
    return {};
}

CopyIngest::~CopyIngest() {
    if (open_) {
        PQputCopyEnd(connection_.get(), "the rows were given up");
        connection_.finishStatement();
    }
}

Result<> CopyIngest::appendRow(std::span<const TsrParam> row) {
    if (binary_) {
        const auto count = static_cast<std::uint16_t>(row.size());
        out_ += static_cast<char>(count >> 8U);
        out_ += static_cast<char>(count & 0xFFU);
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        out_.append(i > 0 && !binary_ ? "\t" : "");
        TSR_TRY(binary_ ? appendBinary(row[i], out_) : appendText(row[i], out_));
    }
    out_.append(binary_ ? "" : "\n");
    return {};
}

Result<> CopyIngest::rows(std::span<const TsrParam> values) {
    for (std::size_t first = 0; first < values.size(); first += types_.size()) {
        TSR_TRY(appendRow(values.subspan(first, types_.size())));
        if (out_.size() >= kChunkBytes) {
            TSR_TRY(flush());
        }
    }
    return {};
}

Error CopyIngest::failure() {
    open_ = false;
    auto result = connection_.collect(Connection::Clock::now() + std::chrono::seconds(2), Connection::Heed::kNothing);
    return result ? lostConnection(connection_.source(), "the copy ended without a reason") : std::move(result.error());
}

Result<> CopyIngest::flush() {
    while (true) {
        // libpq's own buffer grows without bound when the source does not read: wait until what came before is gone.
        const int put = PQputCopyData(connection_.get(), out_.data(), static_cast<int>(out_.size()));
        if (put < 0) {
            return failure();
        }
        if (put > 0) {
            out_.clear();
            break;
        }
        TSR_TRY(connection_.waitForInput());
    }
    while (PQflush(connection_.get()) > 0) {
        if (sdk::isCancelled(connection_.host())) {
            return sdk::cancelled();  // the destructor gives the rows up
        }
        TSR_TRY(connection_.waitForOutput());
    }
    // The source may have refused a row already: then it has ended the copy.
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        open_ = false;
        return connection_.lossReason();
    }
    return {};
}

Result<std::int64_t> CopyIngest::finish() {
    if (binary_) {
        out_.append(copyTrailer());
    }
    TSR_TRY(flush());
    while (true) {
        const int ended = PQputCopyEnd(connection_.get(), nullptr);
        if (ended < 0) {
            return failure();
        }
        if (ended > 0) {
            break;
        }
        TSR_TRY(connection_.waitForInput());
    }
    open_ = false;
    const PgResult result =
        TSR_TRY(connection_.collect(Connection::Clock::time_point::max(), Connection::Heed::kCancel));
    std::int64_t count = 0;
    const std::string_view tuples = PQcmdTuples(result.get());
    std::from_chars(tuples.data(), tuples.data() + tuples.size(), count);
    return count;
}

}  // namespace tessera::postgres_connector
