#include "plugins/mysql/errors.h"

#include "plugins/sdk/connector_base.h"

#include <errmsg.h>
#include <mysqld_error.h>

namespace tessera::mysql {

namespace {

/// Not in every version of the server's header.
constexpr unsigned kQueryTimeoutMysql = 3024;
constexpr unsigned kStatementTimeoutMariaDb = 1969;

struct Meaning {
    unsigned number;
    const char* sqlstate;
};

constexpr Meaning kMeanings[] = {
    {ER_NO_SUCH_TABLE, "42P01"},
    {ER_BAD_TABLE_ERROR, "42P01"},
    {ER_BAD_FIELD_ERROR, "42703"},
    {ER_BAD_DB_ERROR, "3D000"},
    {ER_PARSE_ERROR, "42601"},
    {ER_SP_DOES_NOT_EXIST, "42883"},
    {ER_QUERY_INTERRUPTED, "57014"},
    {kQueryTimeoutMysql, "57014"},
    {kStatementTimeoutMariaDb, "57014"},
    {ER_LOCK_WAIT_TIMEOUT, "55P03"},
    {ER_LOCK_DEADLOCK, "40P01"},
    {ER_DBACCESS_DENIED_ERROR, "42501"},
    {ER_TABLEACCESS_DENIED_ERROR, "42501"},
    {ER_COLUMNACCESS_DENIED_ERROR, "42501"},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, "42501"},
    {ER_VIEW_INVALID, "42P01"},
    // Names of characters that its names can't have, too.
    {ER_INVALID_CHARACTER_STRING, "22021"},
    {ER_CANT_AGGREGATE_2COLLATIONS, "42P21"},
    {ER_DATA_OUT_OF_RANGE, "22003"},
    {ER_DIVISION_BY_ZERO, "22012"},
    {ER_TRUNCATED_WRONG_VALUE, "22007"},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, "22007"},
    {ER_DUP_ENTRY, "23505"},
    {ER_BAD_NULL_ERROR, "23502"},
    {ER_NO_DEFAULT_FOR_FIELD, "23502"},
    {ER_NO_REFERENCED_ROW_2, "23503"},
    {ER_ROW_IS_REFERENCED_2, "23503"},
    {ER_CONSTRAINT_FAILED, "23514"},
    {ER_DATA_TOO_LONG, "22001"},
    {WARN_DATA_TRUNCATED, "22P02"},  // no member of an ENUM or SET
    {ER_WARN_DATA_OUT_OF_RANGE, "22003"},
    {ER_CON_COUNT_ERROR, "53300"},
    {ER_TOO_MANY_USER_CONNECTIONS, "53300"},
    {ER_NET_PACKET_TOO_LARGE, "54000"},
    {ER_OUTOFMEMORY, "53200"},
    {ER_OUT_OF_SORTMEMORY, "53200"},
    {ER_DISK_FULL, "53100"},
};

std::string stateOf(unsigned number, std::string_view sqlstate) {
    for (const Meaning& meaning : kMeanings) {
        if (meaning.number == number) {
            return meaning.sqlstate;
        }
    }
    // HY000 says nothing, and states that begin so would mean another thing to PostgreSQL.
    if (sqlstate.size() != 5 || sqlstate.starts_with("HY") || sqlstate == "00000") {
        return "HV000";
    }
    return std::string(sqlstate);
}

Error build(std::string sqlstate, std::string message, std::string hint = {}) {
    Error error = fail(errorCodeOfSqlState(sqlstate), std::move(message), std::move(hint));
    error.sqlstate = std::move(sqlstate);
    return error;
}

}  // namespace

Error errorOf(unsigned number, std::string_view sqlstate, std::string_view message, const std::string& where) {
    if (isLost(number)) {
        return build("08006", "the connection to the MySQL server at " + where + " was lost: " + std::string(message),
                     "try again; the server may have been restarted, have ended the session, or have met a row or a "
                     "statement larger than its max_allowed_packet");
    }
    if (number == ER_QUERY_INTERRUPTED) {
        return build("57014", "the MySQL server at " + where + " ended the statement: " + std::string(message));
    }
    return build(stateOf(number, sqlstate), "MySQL server at " + where + ": " + std::string(message));
}

Error connectErrorOf(unsigned number, std::string_view sqlstate, std::string_view message, const std::string& where) {
    const std::string text = "cannot connect to the MySQL server at " + where + ": " + std::string(message);
    switch (number) {
        case ER_ACCESS_DENIED_ERROR:
#ifdef ER_ACCESS_DENIED_NO_PASSWORD_ERROR
        case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
#endif
            return build("28P01", text, "check user and password of the user mapping");
        case ER_DBACCESS_DENIED_ERROR:
            return build("42501", text, "the account has no rights on the database");
        case ER_BAD_DB_ERROR:
            return build("3D000", text, "check the server's option 'database'");
        case ER_CON_COUNT_ERROR:
        case ER_TOO_MANY_USER_CONNECTIONS:
            return build("53300", text, "the server has no connection left: try again later");
        case CR_SSL_CONNECTION_ERROR:
            return build("08001", text, "check sslmode, sslrootcert and the server's certificate");
        default:
            break;
    }
    if (number >= CR_MIN_ERROR || sqlstate.starts_with("08") || sqlstate.starts_with("HY")) {
        return build("08001", text, "check host and port, and that the server runs and can be reached from here");
    }
    return build(stateOf(number, sqlstate), text);
}

bool isLost(unsigned number) {
    switch (number) {
        case CR_SERVER_GONE_ERROR:
        case CR_SERVER_LOST:
        case CR_MALFORMED_PACKET:
        case CR_COMMANDS_OUT_OF_SYNC:
        case ER_SERVER_SHUTDOWN:
        case ER_CONNECTION_KILLED:
            return true;
        default:
            return false;
    }
}

}  // namespace tessera::mysql
