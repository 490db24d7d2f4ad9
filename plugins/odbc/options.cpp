#include "plugins/odbc/options.h"

#include "common/strings.h"
#include "plugins/sdk/dialect_file/dialect_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::odbc {

namespace {

using Attribute = std::pair<std::string, std::string>;

Error badOption(const std::string& message, const std::string& hint = {}) {
    Error error = fail(ErrorCode::kInvalidArgument, message, hint);
    error.sqlstate = "HV00D";
    return error;
}

std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\n");
    return first == std::string_view::npos
               ? std::string()
               : std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

/// "Server=a;Port={b;c}" to its attributes; braces keep a semicolon, a closing one is doubled.
Result<std::vector<Attribute>> parseAttributes(const char* option, std::string_view text) {
    std::vector<Attribute> attributes;
    while (!trimmed(text).empty()) {
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos || trimmed(text.substr(0, equals)).empty()) {
            return badOption(std::string("option '") + option + "' must be like 'Server=db.example.com;Port=1433'");
        }
        const std::string name = trimmed(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        std::size_t end = 0;
        if (!text.empty() && text[0] == '{') {
            end = 1;
            while (end < text.size() && (text[end] != '}' || text.substr(end, 2) == "}}")) {
                end += text[end] == '}' ? 2 : 1;
            }
            if (end >= text.size()) {
                return badOption(std::string("option '") + option + "' has a brace that is not closed");
            }
        }
        end = std::min(text.find(';', end), text.size());
        attributes.emplace_back(name, trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return attributes;
}

/// In braces where the value would end too early, or mean another thing.
std::string attributeValue(std::string_view value) {
    if (value.find_first_of(";{}[](),?*=!@") == std::string_view::npos && trimmed(value) == value) {
        return std::string(value);
    }
    std::string quoted = "{";
    for (const char c : value) {
        quoted.append(c == '}' ? 2 : 1, c);
    }
    return quoted += '}';
}

bool isOneOf(const std::string& name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), toLowerAscii(name)) != names.end();
}

/// The server's attributes are seen by everybody, and may not choose files or other drivers.
Result<> checkServerAttributes(const std::vector<Attribute>& attributes) {
    for (const auto& [name, value] : attributes) {
        if (isOneOf(name, {"uid", "user", "username", "pwd", "password"})) {
            return badOption("option 'connection_string' may not hold '" + name + "'",
                             "set 'user' and 'password' in the user mapping");
        }
        if (isOneOf(name, {"dsn", "driver", "filedsn", "savefile"})) {
            return badOption("option 'connection_string' may not hold '" + name + "'",
                             "use the options 'dsn' and 'driver'");
        }
    }
    return {};
}

std::optional<std::string> findAttribute(const std::vector<Attribute>& attributes,
                                         std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : attributes) {
        if (isOneOf(name, names)) {
            return value;
        }
    }
    return std::nullopt;
}

/// unixODBC 2.3.11 copies names into buffers of a thousand bytes without looking, and ends the process.
Result<> checkName(const char* option, const std::string& name) {
    constexpr std::size_t kMost = 500;
    if (name.size() > kMost) {
        return badOption(std::string("option '") + option + "' has " + std::to_string(name.size()) +
                         " characters, which no name in odbcinst.ini or odbc.ini can");
    }
    return {};
}

/// What a driver must be told lest it hold whole results in memory.
struct RowByRow {
    std::string_view driver;  // a part of its name or library, in lower case
    std::string_view attribute;
    std::string_view name;        // in lower case
    std::string_view short_name;  // likewise
};

constexpr std::array kRowByRow = {
    RowByRow{"psqlodbc", "UseDeclareFetch=1", "usedeclarefetch", "b6"},
    RowByRow{"postgresql", "UseDeclareFetch=1", "usedeclarefetch", "b6"},
    RowByRow{"sqlite", "StepAPI=1", "stepapi", "stepapi"},
};

/// Where the attributes say nothing of it themselves.
std::string rowByRow(const std::string& driver, const std::vector<Attribute>& attributes) {
    const std::string lower = toLowerAscii(driver);
    const auto* const known = std::find_if(kRowByRow.begin(), kRowByRow.end(), [&](const RowByRow& one) {
        return lower.find(one.driver) != std::string::npos;
    });
    return known == kRowByRow.end() || findAttribute(attributes, {known->name, known->short_name})
               ? std::string()
               : ";" + std::string(known->attribute);
}

std::string whereOf(const std::string& dsn, const std::string& driver, const std::vector<Attribute>& attributes) {
    std::string where = dsn.empty() ? "ODBC driver '" + driver + "'" : "ODBC source '" + dsn + "'";
    if (const auto host = findAttribute(attributes, {"server", "host", "hostname", "servername", "address"})) {
        const auto port = findAttribute(attributes, {"port", "tcp_port"});
        where += " at " + *host + (port ? ":" + *port : "");
    } else if (const auto database = findAttribute(attributes, {"database", "db", "dbq"})) {
        where += " for '" + *database + "'";
    }
    return where;
}

Result<std::string> readDialect(const sdk::Options& options, const std::string& directory) {
    const std::string name = options.get("dialect", "");
    const auto own = dialect::extensible();
    if (name.empty() || std::any_of(own.begin(), own.end(), [&](const auto* one) { return one->name == name; })) {
        return name;
    }
    auto file = dialect::fileOf(directory, name);
    if (!file) {
        return std::move(file).error().withContext("option 'dialect'");
    }
    TSR_TRY(dialect::load(*file));
    return file->string();
}

}  // namespace

std::span<const TsrOptionSpec> optionSpecs() {
    static constexpr TsrOptionSpec kOptions[] = {
        {"dsn", TSR_SCOPE_SERVER, false, false, "data source of odbc.ini; or else 'driver'"},
        {"driver", TSR_SCOPE_SERVER, false, false, "driver of odbcinst.ini, or the path of its library"},
        {"connection_string", TSR_SCOPE_SERVER, false, false,
         "further attributes for the driver, as in 'Server=db.example.com;Port=1433'; no credentials"},
        {"dialect", TSR_SCOPE_SERVER, false, false,
         "sqlserver, oracle, teradata, db2, generic, integers, or the name of a dialect file (default: by the name "
         "that "
         "the driver reports)"},
        {"catalog", TSR_SCOPE_SERVER, false, false, "catalog to import from (default: the connection's)"},
        {"connect_timeout", TSR_SCOPE_SERVER, false, false, "seconds (default 10)"},
        {"query_timeout", TSR_SCOPE_SERVER, false, false, "seconds that a statement may run (default: no limit)"},
        {"fetch_rows", TSR_SCOPE_SERVER, false, false,
         "rows the driver fetches at once (default: as many as fit 256 kB); 1 where a driver can't"},
        {"user", TSR_SCOPE_USER, false, false, "account (attribute UID)"},
        {"password", TSR_SCOPE_USER, false, true, "its password (attribute PWD)"},
        {"credentials", TSR_SCOPE_USER, false, true, "further attributes that are secret, as in 'AccessToken=…'"},
        {"catalog_name", TSR_SCOPE_TABLE, false, false, "the table's catalog, when it is not the connection's"},
        {"schema_name", TSR_SCOPE_TABLE, false, false, "the table's schema"},
        {"table_name", TSR_SCOPE_TABLE, false, false, "the table's name"},
        {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name"},
    };
    return kOptions;
}

Result<ConnectOptions> readOptions(const sdk::Options& options, const std::string& dialect_directory) {
    const std::string dsn = options.get("dsn", "");
    const std::string driver = options.get("driver", "");
    if (dsn.empty() == driver.empty()) {
        return badOption(dsn.empty() ? "the option 'dsn' or 'driver' is required"
                                     : "the options 'dsn' and 'driver' exclude one another",
                         "'dsn' names a data source of odbc.ini, 'driver' a driver of odbcinst.ini");
    }
    TSR_TRY(checkName("dsn", dsn));
    TSR_TRY(checkName("driver", driver));
    const auto attributes = TSR_TRY(parseAttributes("connection_string", options.get("connection_string", "")));
    TSR_TRY(checkServerAttributes(attributes));
    std::string text = dsn.empty() ? "DRIVER=" + attributeValue(driver) : "DSN=" + attributeValue(dsn);
    for (const auto& [name, value] : attributes) {
        text += ";" + name + "=" + value;
    }
    text += rowByRow(driver, attributes);
    ConnectOptions read;
    read.password = options.get("password", "");
    if (const auto user = options.find("user")) {
        text += ";UID=" + attributeValue(*user);
    }
    if (!read.password.empty()) {
        text += ";PWD=" + attributeValue(read.password);
    }
    for (const auto& [name, value] : TSR_TRY(parseAttributes("credentials", options.get("credentials", "")))) {
        text += ";" + name + "=" + value;
    }
    read.connection_string = Secret(text + ";");
    read.where = whereOf(dsn, driver, attributes);
    read.dialect = TSR_TRY(readDialect(options, dialect_directory));
    read.catalog = options.get("catalog", "");
    read.connect_timeout_s = TSR_TRY(options.getInt("connect_timeout", 10, 1, 3600));
    read.query_timeout_s = TSR_TRY(options.getInt("query_timeout", 0, 1, 86'400));
    read.fetch_rows = TSR_TRY(options.getInt("fetch_rows", 0, 1, 65'536));
    return read;
}

}  // namespace tessera::odbc
