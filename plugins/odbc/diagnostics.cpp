#include "plugins/odbc/diagnostics.h"

#include "plugins/odbc/unicode.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tessera::odbc {

namespace {

struct Meaning {
    std::string_view said;
    std::string_view sqlstate;
};

/// ODBC's own states that PostgreSQL has another name for. A prefix stands for its class.
constexpr Meaning kMeanings[] = {
    {"HYT00", "57014"}, {"HYT01", "08006"}, {"HY008", "57014"}, {"S1T00", "57014"}, {"HY001", "53200"},
    {"HY013", "53200"}, {"HY014", "53000"}, {"42S01", "42P07"}, {"42S02", "42P01"}, {"42S12", "42704"},
    {"42S22", "42703"}, {"S0002", "42P01"}, {"S0022", "42703"}, {"42000", "42601"}, {"37000", "42601"},
    {"28000", "28P01"}, {"HYC00", "0A000"}, {"IM001", "0A000"},
};

/// Which constraint a row violates, where the driver says only that it does (23000), or nothing (SQLite's HY000).
constexpr Meaning kConstraints[] = {
    {"UNIQUE constraint failed", "23505"},
    {"Duplicate entry", "23505"},
    {"Cannot insert duplicate key", "23505"},
    {"ORA-00001", "23505"},
    {"NOT NULL constraint failed", "23502"},
    {"cannot be null", "23502"},
    {"have a default value", "23502"},
    {"Cannot insert the value NULL", "23502"},
    {"ORA-01400", "23502"},
    {"FOREIGN KEY constraint", "23503"},
    {"foreign key constraint", "23503"},
    {"ORA-0229", "23503"},
    {"CHECK constraint", "23514"},
    {"CONSTRAINT `", "23514"},
};

bool startsWith(const std::string& text, std::string_view prefix) {
    return std::string_view(text).substr(0, prefix.size()) == prefix;
}

std::string stateOf(const std::string& state) {
    for (const Meaning& meaning : kMeanings) {
        if (meaning.said == state) {
            return std::string(meaning.sqlstate);
        }
    }
    // ODBC's general errors, the driver manager's, old drivers' and warnings would mean other things to PostgreSQL.
    const bool is_odbcs =
        startsWith(state, "HY") || startsWith(state, "IM") || startsWith(state, "S1") || startsWith(state, "01");
    return is_odbcs || state.size() != 5 || state == "00000" ? "HV000" : state;
}

bool isLost(const std::string& state) {
    return startsWith(state, "08") || state == "HYT01" || startsWith(state, "57P");
}

/// The record that says most: an error before a warning.
const Diagnostic& mainOf(const std::vector<Diagnostic>& diagnostics) {
    static const Diagnostic kNone{"HY000", 0, "the driver gave no reason"};
    const auto error = std::find_if(diagnostics.begin(), diagnostics.end(),
                                    [](const Diagnostic& record) { return !startsWith(record.state, "01"); });
    return error != diagnostics.end() ? *error : diagnostics.empty() ? kNone : diagnostics.front();
}

std::string othersOf(const std::vector<Diagnostic>& diagnostics, const Diagnostic& main) {
    std::string text;
    for (const Diagnostic& record : diagnostics) {
        if (&record != &main) {
            text += (text.empty() ? "" : "; ") + record.message;
        }
    }
    return text;
}

Error build(std::string sqlstate, std::string message, std::string hint, const std::vector<Diagnostic>& diagnostics) {
    Error error = fail(errorCodeOfSqlState(sqlstate), std::move(message), std::move(hint));
    error.sqlstate = std::move(sqlstate);
    error.detail = othersOf(diagnostics, mainOf(diagnostics));
    return error;
}

bool mentions(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [&](const Diagnostic& record) { return record.message.find(text) != std::string::npos; });
}

}  // namespace

std::vector<Diagnostic> readDiagnostics(SQLSMALLINT type, SQLHANDLE handle) {
    constexpr SQLSMALLINT kMostRecords = 8;
    std::vector<Diagnostic> diagnostics;
    for (SQLSMALLINT number = 1; number <= kMostRecords; ++number) {
        std::array<SQLWCHAR, 6> state{};
        std::array<SQLWCHAR, 1024> message{};
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        if (!SQL_SUCCEEDED(SQLGetDiagRecW(type, handle, number, state.data(), &native, message.data(),
                                          static_cast<SQLSMALLINT>(message.size()), &length))) {
            break;
        }
        const auto size =
            std::clamp<std::size_t>(static_cast<std::size_t>(std::max<SQLSMALLINT>(length, 0)), 0, message.size() - 1);
        std::string text = fromWideForMessage({reinterpret_cast<char16_t*>(message.data()), size});
        text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
        text.erase(text.find_last_not_of(" \t\r\n") + 1);
        diagnostics.push_back({fromWideForMessage({reinterpret_cast<char16_t*>(state.data()), 5}), native, text});
    }
    return diagnostics;
}

Error lostConnection(const std::string& where, const std::string& reason) {
    return build("08006", "the connection to " + where + " was lost: " + reason,
                 "run the statement again when the source is back", {});
}

Error statementError(const std::vector<Diagnostic>& diagnostics, const std::string& where) {
    const Diagnostic& main = mainOf(diagnostics);
    if (isLost(main.state)) {
        return build("08006", "the connection to " + where + " was lost: " + main.message,
                     "run the statement again when the source is back", diagnostics);
    }
    std::string state = stateOf(main.state);
    if (state == "23000" || state == "HV000") {
        const auto* const known = std::find_if(std::begin(kConstraints), std::end(kConstraints), [&](const auto& each) {
            return main.message.find(each.said) != std::string::npos;
        });
        state = known != std::end(kConstraints) ? known->sqlstate : state;
    }
    return build(std::move(state), where + ": " + main.message, {}, diagnostics);
}

Error connectError(const std::vector<Diagnostic>& diagnostics, const std::string& where) {
    const Diagnostic& main = mainOf(diagnostics);
    const std::string text = "cannot connect to " + where + ": " + main.message;
    if (main.state == "IM002") {
        return build("HV00N", text, "name a data source of odbc.ini in 'dsn', or a driver of odbcinst.ini in 'driver'",
                     diagnostics);
    }
    if (main.state == "IM003" || mentions(diagnostics, "Can't open lib")) {
        return build("HV00N", text, "install the ODBC driver on this machine, or correct the option 'driver'",
                     diagnostics);
    }
    // Many drivers say 08001, or nothing but words.
    const bool is_refused = mentions(diagnostics, "password authentication failed") ||
                            mentions(diagnostics, "Access denied") || mentions(diagnostics, "Login failed") ||
                            mentions(diagnostics, "ORA-01017") || mentions(diagnostics, "SQL30082N");
    if (startsWith(main.state, "28") || is_refused) {
        return build("28P01", text, "correct user and password of the user mapping", diagnostics);
    }
    if (startsWith(main.state, "08") || startsWith(main.state, "HY") || startsWith(main.state, "01") ||
        startsWith(main.state, "S1")) {
        return build("08001", text, "check the server's name and port, and that it runs and can be reached from here",
                     diagnostics);
    }
    return build(stateOf(main.state), text, {}, diagnostics);
}

}  // namespace tessera::odbc
