#include "nodeservice/postgres/connection.h"

#include <libpq-fe.h>

#include <charconv>
#include <string_view>
#include <utility>

namespace tessera::postgres {

namespace {

std::string withoutTrailingNewlines(std::string text) {
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

std::string field(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

std::int32_t toNumber(std::string_view text) {
    std::int32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

bool isSuccess(const pg_result* result) {
    switch (PQresultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
        case PGRES_COPY_IN:
            return true;
        default:
            return false;
    }
}

Result<ResultHandle> checked(ResultHandle result, const pg_conn* connection) {
    if (!result) {
        return errorOf(connection);
    }
    if (!isSuccess(result.get())) {
        return errorOf(result.get());
    }
    return result;
}

/// The results of what has just been sent: the last of them, or the first that is an error. Where the server ends the
/// session, PQexec() would give how libpq saw that instead of what the server said.
ResultHandle finish(bool is_sent, pg_conn* connection) {
    ResultHandle kept;
    while (is_sent) {
        ResultHandle next(PQgetResult(connection));
        if (!next) {
            break;
        }
        const ExecStatusType status = PQresultStatus(next.get());
        if (!kept || isSuccess(kept.get())) {
            kept = std::move(next);
        }
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH ||
            PQstatus(connection) == CONNECTION_BAD) {
            break;
        }
    }
    return kept;
}

ResultHandle run(pg_conn* connection, const std::string& sql) {
    return finish(PQsendQuery(connection, sql.c_str()) == 1, connection);
}

Rows rowsOf(const pg_result* result) {
    Rows rows;
    const int columns = PQnfields(result);
    for (int column = 0; column < columns; ++column) {
        rows.columns.emplace_back(PQfname(result, column));
    }
    const int count = PQntuples(result);
    rows.values.reserve(static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row) {
        auto& values = rows.values.emplace_back();
        values.reserve(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(result, row, column) != 0) {
                values.emplace_back();
            } else {
                values.emplace_back(std::string(PQgetvalue(result, row, column),
                                                static_cast<std::size_t>(PQgetlength(result, row, column))));
            }
        }
    }
    const std::string_view affected = PQcmdTuples(const_cast<pg_result*>(result));  // it only reads
    std::from_chars(affected.data(), affected.data() + affected.size(), rows.affected);
    return rows;
}

}  // namespace

Error errorOf(const pg_result* result) {
    Error error;
    error.sqlstate = field(result, PG_DIAG_SQLSTATE);
    error.code = error.sqlstate.empty() ? ErrorCode::kUnavailable : errorCodeOfSqlState(error.sqlstate);
    error.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (error.message.empty()) {
        error.message = withoutTrailingNewlines(PQresultErrorMessage(result));
    }
    error.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    error.hint = field(result, PG_DIAG_MESSAGE_HINT);
    error.position = toNumber(field(result, PG_DIAG_STATEMENT_POSITION));
    return error;
}

Error errorOf(const pg_conn* connection) {
    return fail(ErrorCode::kUnavailable, withoutTrailingNewlines(PQerrorMessage(connection)));
}

Result<Connection> Connection::open(const ConnectionSettings& settings) {
    std::map<std::string, std::string> parameters = {
        {"host", settings.host},       {"port", std::to_string(settings.port)},
        {"dbname", settings.database}, {"connect_timeout", "10"},
        {"client_encoding", "UTF8"},   {"application_name", "tessera"}};
    if (!settings.user.empty()) {
        parameters["user"] = settings.user;
    }
    if (!settings.password.empty()) {
        parameters["password"] = settings.password;
    }
    for (const auto& [keyword, value] : settings.more) {
        parameters[keyword] = value;
    }
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    ConnectionHandle connection(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        Error error = errorOf(connection.get());
        if (PQconnectionNeedsPassword(connection.get()) != 0 || PQconnectionUsedPassword(connection.get()) != 0) {
            error.code = ErrorCode::kUnauthenticated;
        }
        return error;
    }
    // Notices of set-up commands ("relation exists, skipping") are for nobody.
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return Connection(std::move(connection));
}

Result<> Connection::execute(const std::string& sql) {
    TSR_TRY(checked(run(connection_.get(), sql), connection_.get()));
    return {};
}

Result<Rows> Connection::query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    const bool is_sent = PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                           values.data(), nullptr, nullptr, 0) == 1;
    return rowsOf(TSR_TRY(checked(finish(is_sent, connection_.get()), connection_.get())).get());
}

Result<std::optional<std::string>> Connection::queryValue(const std::string& sql,
                                                          const std::vector<std::optional<std::string>>& parameters) {
    const Rows rows = TSR_TRY(query(sql, parameters));
    if (rows.values.size() != 1 || rows.columns.size() != 1) {
        return fail(ErrorCode::kInternal, "a query for one value gave " + std::to_string(rows.values.size()) +
                                              " rows of " + std::to_string(rows.columns.size()) + " columns");
    }
    return rows.values[0][0];
}

Result<> Connection::copyIn(const std::string& sql, const std::string& text) {
    const auto started = TSR_TRY(checked(run(connection_.get(), sql), connection_.get()));
    if (PQresultStatus(started.get()) != PGRES_COPY_IN) {
        return fail(ErrorCode::kInvalidArgument, "not a COPY … FROM STDIN command: " + sql);
    }
    if (PQputCopyData(connection_.get(), text.data(), static_cast<int>(text.size())) < 0 ||
        PQputCopyEnd(connection_.get(), nullptr) < 0) {
        return errorOf(connection_.get());
    }
    Result<> outcome;
    while (ResultHandle result{PQgetResult(connection_.get())}) {
        if (!isSuccess(result.get()) && outcome) {
            outcome = errorOf(result.get());
        }
    }
    return outcome;
}

}  // namespace tessera::postgres
