#include "plugins/mysql/options.h"

namespace tessera::mysql {

namespace {

Error badChoice(const char* option, const std::string& value, const char* choices) {
    return fail(ErrorCode::kInvalidArgument,
                std::string("option '") + option + "' must be one of " + choices + ", not '" + value + "'");
}

Result<SslMode> readSslMode(const sdk::Options& options) {
    const auto given = options.find("sslmode");
    if (!given) {
        return options.find("sslrootcert") ? SslMode::kVerifyFull : SslMode::kDisable;
    }
    if (*given == "disable") {
        return SslMode::kDisable;
    }
    if (*given == "require") {
        return SslMode::kRequire;
    }
    if (*given == "verify-full") {
        return SslMode::kVerifyFull;
    }
    return badChoice("sslmode", *given, "disable, require, verify-full");
}

Result<ZeroDates> readZeroDates(const sdk::Options& options) {
    const std::string given = options.get("zero_dates", "error");
    if (given == "error") {
        return ZeroDates::kError;
    }
    if (given == "null") {
        return ZeroDates::kNull;
    }
    return badChoice("zero_dates", given, "error, null");
}

}  // namespace

std::string ConnectOptions::where() const {
    return socket.empty() ? host + ":" + std::to_string(port) : socket;
}

std::span<const TsrOptionSpec> optionSpecs() {
    static constexpr TsrOptionSpec kOptions[] = {
        {"host", TSR_SCOPE_SERVER, false, false, "name or address (default 127.0.0.1)"},
        {"port", TSR_SCOPE_SERVER, false, false, "default 3306"},
        {"socket", TSR_SCOPE_SERVER, false, false, "path of a unix socket, instead of host and port"},
        {"database", TSR_SCOPE_SERVER, false, false, "database of the session (default: that of each table)"},
        {"sslmode", TSR_SCOPE_SERVER, false, false,
         "disable, require or verify-full (default disable; verify-full with sslrootcert)"},
        {"sslrootcert", TSR_SCOPE_SERVER, false, false, "file with the certificates of trusted authorities"},
        {"sslcert", TSR_SCOPE_SERVER | TSR_SCOPE_USER, false, false, "file with the client's certificate"},
        {"sslkey", TSR_SCOPE_SERVER | TSR_SCOPE_USER, false, false, "file with the client's key"},
        {"connect_timeout", TSR_SCOPE_SERVER, false, false, "seconds (default 10)"},
        {"tinyint1_is_bool", TSR_SCOPE_SERVER, false, false, "import tinyint(1) as boolean (default true)"},
        {"zero_dates", TSR_SCOPE_SERVER, false, false,
         "'0000-00-00' and dates without month or day: error (default) or null"},
        {"user", TSR_SCOPE_SERVER | TSR_SCOPE_USER, false, false, "account"},
        {"password", TSR_SCOPE_USER, false, true, "its password"},
        {"schema_name", TSR_SCOPE_TABLE, false, false, "the table's database"},
        {"table_name", TSR_SCOPE_TABLE, false, false, "the table's name"},
        {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name"},
        {"collation", TSR_SCOPE_COLUMN, false, false, "the collation of a text column"},
    };
    return kOptions;
}

Result<ConnectOptions> readOptions(const sdk::Options& options) {
    ConnectOptions read;
    read.host = options.get("host", "127.0.0.1");
    read.port = static_cast<std::uint16_t>(TSR_TRY(options.getInt("port", 3306, 1, 65'535)));
    read.socket = options.get("socket", "");
    read.user = TSR_TRY(options.require("user"));
    read.password = options.get("password", "");
    read.database = options.get("database", "");
    read.ssl_mode = TSR_TRY(readSslMode(options));
    read.ssl_root_cert = options.get("sslrootcert", "");
    read.ssl_cert = options.get("sslcert", "");
    read.ssl_key = options.get("sslkey", "");
    read.connect_timeout_s = TSR_TRY(options.getInt("connect_timeout", 10, 1, 3600));
    read.tinyint1_is_bool = TSR_TRY(options.getBool("tinyint1_is_bool", true));
    read.zero_dates = TSR_TRY(readZeroDates(options));
    return read;
}

}  // namespace tessera::mysql
