#include "plugins/postgres/remote_error.h"

#include "plugins/sdk/connector.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace tessera::postgres_connector {

namespace {

constexpr const char* kUndefinedTable = "42P01";
/// A node's relations for shards (nodeservice/mesh): whoever asks for one that is not there knows another map.
constexpr const char* kShards = "\"tessera_shard.";

std::string field(const PGresult* result, int code) {
    return cleanMessage(PQresultErrorField(result, code));
}

/// "…FATAL:  28P01: password authentication failed…", in any language: the state and the rest of the line.
struct ServerRefusal {
    std::string sqlstate;
    std::string message;
};

std::optional<ServerRefusal> findRefusal(const std::string& text) {
    constexpr std::size_t kStateSize = 5;
    constexpr std::string_view kBefore = ":  ";
    for (std::size_t at = text.rfind(kBefore); at != std::string::npos;
         at = at == 0 ? std::string::npos : text.rfind(kBefore, at - 1)) {
        const std::size_t begin = at + kBefore.size();
        const std::string state = text.substr(begin, kStateSize);
        const bool is_state = state.size() == kStateSize && std::all_of(state.begin(), state.end(), [](char c) {
                                  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                              });
        if (is_state && text.compare(begin + kStateSize, 2, ": ") == 0) {
            const std::size_t message = begin + kStateSize + 2;
            return ServerRefusal{state, text.substr(message, text.find('\n', message) - message)};
        }
    }
    return std::nullopt;
}

std::string refusalHint(const std::string& sqlstate) {
    if (sqlstate == "28P01") {
        return "correct user and password of the user mapping";
    }
    if (sqlstate.starts_with("28")) {
        return "check the user of the user mapping, and the server's pg_hba.conf";
    }
    if (sqlstate == "3D000") {
        return "check the server option 'dbname'";
    }
    if (sqlstate.starts_with("53")) {
        return "the server has no room for another session: try again later, or raise its limits";
    }
    return {};
}

/// libpq's own reason, in one line: "connection to server at … failed: Connection refused".
std::string firstLine(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::string cleanMessage(const char* text) {
    std::string clean = text != nullptr ? text : "";
    clean.erase(clean.find_last_not_of(" \t\r\n") + 1);
    if (!sdk::checkText(clean)) {
        std::replace_if(
            clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    }
    return clean;
}

Error lostConnection(const SourceName& source, const std::string& reason) {
    // libpq lost it for want of our own memory.
    if (reason.find("cannot allocate memory") != std::string::npos ||
        reason.find("out of memory") != std::string::npos) {
        Error error = fail(ErrorCode::kResourceExhausted, "out of memory while reading from " + source);
        error.sqlstate = "53200";
        return error;
    }
    Error error =
        fail(ErrorCode::kUnavailable, "lost the connection to " + source + (reason.empty() ? "" : ": " + reason),
             "run the statement again when the source is back");
    error.sqlstate = "08006";
    return error;
}

Error remoteError(const PGresult* result, const PGconn* connection, const SourceName& source) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (sqlstate.empty()) {
        // libpq made the error itself: it could not go on reading.
        return lostConnection(source, firstLine(cleanMessage(PQresultErrorMessage(result))));
    }
    if (severity == "FATAL" || severity == "PANIC" || PQstatus(connection) != CONNECTION_OK) {
        Error error = lostConnection(source, message);
        error.detail = "the source reported SQLSTATE " + sqlstate;
        return error;
    }
    if (sqlstate == kUndefinedTable && message.find(kShards) != std::string::npos) {
        Error error = fail(ErrorCode::kAborted, source + " does not have this shard: the shard map has changed",
                           "try again in a moment");
        error.sqlstate = "40001";
        return error;
    }
    Error error = fail(errorCodeOfSqlState(sqlstate), message, field(result, PG_DIAG_MESSAGE_HINT));
    error.sqlstate = sqlstate;
    error.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    if (const std::string context = field(result, PG_DIAG_CONTEXT); !context.empty()) {
        error.detail += (error.detail.empty() ? "" : "\n") + (TSR_AT_THE_SOURCE + context);
    }
    error.position = std::atoi(field(result, PG_DIAG_STATEMENT_POSITION).c_str());
    return error;
}

Error connectFailure(const PGconn* connection, const SourceName& source) {
    const std::string text = cleanMessage(PQerrorMessage(connection));
    if (const auto refusal = findRefusal(text)) {
        Error error = fail(errorCodeOfSqlState(refusal->sqlstate), source + " refused the session: " + refusal->message,
                           refusalHint(refusal->sqlstate));
        error.sqlstate = refusal->sqlstate;
        return error;
    }
    if (PQconnectionNeedsPassword(connection) != 0) {
        Error error = fail(ErrorCode::kUnauthenticated, source + " asks for a password, and there is none",
                           "set the option 'password' of the user mapping");
        error.sqlstate = "28P01";
        return error;
    }
    constexpr std::string_view kFailed = "failed: ";
    const std::string line = firstLine(text);
    const std::size_t at = line.find(kFailed);
    Error error =
        fail(ErrorCode::kUnavailable,
             "cannot connect to " + source + ": " + (at == std::string::npos ? line : line.substr(at + kFailed.size())),
             "check that the server runs and listens there, and the server options 'host', 'port' and 'sslmode'");
    error.sqlstate = "08001";
    return error;
}

}  // namespace tessera::postgres_connector
