#include "nodeservice/gateway/postgres_protocol.h"

#include "common/strings.h"

#include <algorithm>
#include <array>
#include <set>

namespace tessera::gateway {

namespace {

std::uint32_t int32At(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return number;
}

Error malformed(const std::string& what) {
    Error error = fail(ErrorCode::kInvalidArgument, "malformed start-up packet: " + what);
    error.sqlstate = "08P01";
    return error;
}

/// What drivers and tools send before they are signed in, and what people put into PGOPTIONS: all of it only changes
/// how the session's own statements are planned, run and written.
bool mayBeChosen(const std::string& name) {
    static const std::set<std::string, std::less<>> kNames = {"application_name",
                                                              "client_encoding",
                                                              "client_min_messages",
                                                              "datestyle",
                                                              "intervalstyle",
                                                              "timezone",
                                                              "extra_float_digits",
                                                              "bytea_output",
                                                              "xmlbinary",
                                                              "xmloption",
                                                              "search_path",
                                                              "statement_timeout",
                                                              "lock_timeout",
                                                              "idle_in_transaction_session_timeout",
                                                              "idle_session_timeout",
                                                              "default_transaction_isolation",
                                                              "default_transaction_read_only",
                                                              "default_transaction_deferrable",
                                                              "transaction_isolation",
                                                              "standard_conforming_strings",
                                                              "backslash_quote",
                                                              "escape_string_warning",
                                                              "quote_all_identifiers",
                                                              "work_mem",
                                                              "hash_mem_multiplier",
                                                              "maintenance_work_mem",
                                                              "temp_buffers",
                                                              "random_page_cost",
                                                              "seq_page_cost",
                                                              "cpu_tuple_cost",
                                                              "cpu_index_tuple_cost",
                                                              "cpu_operator_cost",
                                                              "effective_cache_size",
                                                              "geqo",
                                                              "geqo_threshold",
                                                              "join_collapse_limit",
                                                              "from_collapse_limit",
                                                              "plan_cache_mode",
                                                              "cursor_tuple_fraction",
                                                              "default_statistics_target",
                                                              "constraint_exclusion",
                                                              "max_parallel_workers_per_gather",
                                                              "min_parallel_table_scan_size",
                                                              "min_parallel_index_scan_size",
                                                              "parallel_setup_cost",
                                                              "parallel_tuple_cost",
                                                              "parallel_leader_participation",
                                                              "force_parallel_mode",
                                                              "jit",
                                                              "jit_above_cost",
                                                              "row_security",
                                                              "synchronous_commit",
                                                              "tcp_keepalives_idle",
                                                              "tcp_keepalives_interval",
                                                              "tcp_keepalives_count",
                                                              "tcp_user_timeout",
                                                              "client_connection_check_interval",
                                                              "gin_fuzzy_search_limit",
                                                              "gin_pending_list_limit",
                                                              "array_nulls",
                                                              "check_function_bodies",
                                                              "default_text_search_config",
                                                              "lc_messages",
                                                              "lc_monetary",
                                                              "lc_numeric",
                                                              "lc_time",
                                                              "compute_query_id",
                                                              "tessera.pushdown"};
    return kNames.contains(name) || name.starts_with("enable_");
}

Result<> addSetting(Startup& startup, const std::string& name, std::string value) {
    const std::string lower = toLowerAscii(name);
    if (!mayBeChosen(lower)) {
        Error error = fail(ErrorCode::kPermissionDenied, "the parameter '" + name + "' is not possible at start-up",
                           "set it after the sign-in: SET " + name + " = …");
        error.sqlstate = "42501";
        return error;
    }
    startup.settings.emplace_back(lower, std::move(value));
    return {};
}

/// PostgreSQL's splitting of `options`: by white space, a backslash takes the next byte as it is.
std::vector<std::string> splitOptions(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            if (inside) {
                words.push_back(std::move(word));
                word.clear();
            }
            inside = false;
            continue;
        }
        inside = true;
        word += c == '\\' && at + 1 < text.size() ? text[++at] : c;
    }
    if (inside) {
        words.push_back(std::move(word));
    }
    return words;
}

/// "-c name=value", "-cname=value", "--name=value"; the postgres program's other switches are not for clients.
Result<> addOptions(Startup& startup, std::string_view text) {
    const std::vector<std::string> words = splitOptions(text);
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string setting;
        if (words[at] == "-c" && at + 1 < words.size()) {
            setting = words[++at];
        } else if (words[at].starts_with("-c") || words[at].starts_with("--")) {
            setting = words[at].substr(2);
        }
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0) {
            Error error = fail(ErrorCode::kInvalidArgument, "the start-up option '" + words[at] + "' is not possible",
                               "only settings are: options='-c name=value'");
            error.sqlstate = "42601";
            return error;
        }
        std::string name = setting.substr(0, equals);
        std::replace(name.begin(), name.end(), '-', '_');
        TSR_TRY(addSetting(startup, name, setting.substr(equals + 1)));
    }
    return {};
}

bool isReplication(std::string_view value) {
    static constexpr std::array<std::string_view, 6> kOff = {"", "0", "false", "no", "off", "f"};
    return std::find(kOff.begin(), kOff.end(), value) == kOff.end();
}

}  // namespace

StartupHeader readStartupHeader(std::string_view bytes) {
    return {int32At(bytes, 0), int32At(bytes, 4)};
}

bool isStartupHeader(std::string_view bytes) {
    const auto [length, code] = readStartupHeader(bytes);
    switch (code) {
        case kSslRequest:
        case kGssRequest:
            return length == kStartupHeaderBytes;
        case kCancelRequest:
            return length == kStartupHeaderBytes + 8;
        default:
            // Other versions are told so in their own language: 1 and 2 have the same header.
            return length > kStartupHeaderBytes && length <= kMaxStartupBytes && code >> 16 >= 1 && code >> 16 <= 3;
    }
}

Result<std::string_view> takeText(std::string_view& bytes) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) {
        return malformed("a text does not end");
    }
    const std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return text;
}

Result<std::uint32_t> takeInt32(std::string_view& bytes) {
    if (bytes.size() < 4) {
        return malformed("a number is missing");
    }
    const std::uint32_t number = int32At(bytes, 0);
    bytes.remove_prefix(4);
    return number;
}

Result<Startup> readStartup(std::string_view parameters) {
    Startup startup;
    std::set<std::string_view> seen;
    while (true) {
        const std::string_view name = TSR_TRY(takeText(parameters));
        if (name.empty()) {
            break;
        }
        const std::string_view value = TSR_TRY(takeText(parameters));
        if (!seen.insert(name).second) {
            return malformed("the parameter '" + std::string(name) + "' comes twice");
        }
        if (name == "user") {
            startup.user = value;
        } else if (name == "database") {
            startup.database = value;
        } else if (name == "replication") {
            startup.replication = isReplication(value);
        } else if (name == "options") {
            TSR_TRY(addOptions(startup, value));
        } else if (name.starts_with("_pq_.")) {
            startup.unknown_extensions.emplace_back(name);
        } else {
            TSR_TRY(addSetting(startup, std::string(name), std::string(value)));
        }
    }
    if (!parameters.empty()) {
        return malformed("something follows its end");
    }
    if (startup.user.empty()) {
        Error error = fail(ErrorCode::kUnauthenticated, "no user name in the start-up packet");
        error.sqlstate = "28000";
        return error;
    }
    if (startup.database.empty()) {
        startup.database = startup.user;
    }
    return startup;
}

Result<CancelKey> readCancel(std::string_view packet) {
    if (packet.size() != kStartupHeaderBytes + 8) {
        return malformed("a cancel request has 16 bytes");
    }
    return CancelKey{int32At(packet, 8), int32At(packet, 12)};
}

Result<MessageHeader> readMessageHeader(std::string_view bytes, std::uint32_t most) {
    const std::uint32_t length = int32At(bytes, 1);
    if (length < 4 || length - 4 > most) {
        Error error = fail(ErrorCode::kInvalidArgument, "a message's length is impossible");
        error.sqlstate = "08P01";
        return error;
    }
    return MessageHeader{bytes[0], length - 4};
}

MessageWriter& MessageWriter::begin(char type) {
    if (type != 0) {
        out_ += type;
    }
    length_at_ = out_.size();
    return int32(0);
}

MessageWriter& MessageWriter::int32(std::uint32_t number) {
    for (const int shift : {24, 16, 8, 0}) {
        out_ += static_cast<char>(number >> shift & 0xFF);
    }
    return *this;
}

MessageWriter& MessageWriter::text(std::string_view text) {
    out_ += text;
    out_ += '\0';
    return *this;
}

MessageWriter& MessageWriter::bytes(std::string_view bytes) {
    out_ += bytes;
    return *this;
}

MessageWriter& MessageWriter::end() {
    const std::size_t length = out_.size() - length_at_;
    for (std::size_t i = 0; i < 4; ++i) {
        out_[length_at_ + i] = static_cast<char>(length >> (24 - 8 * i) & 0xFF);
    }
    return *this;
}

std::string errorMessage(const Error& error, Severity severity) {
    const std::string name = severity == Severity::kFatal ? "FATAL" : "ERROR";
    MessageWriter writer;
    writer.begin('E').bytes("S").text(name).bytes("V").text(name).bytes("C").text(error.sqlState());
    writer.bytes("M").text(error.message);
    if (!error.detail.empty()) {
        writer.bytes("D").text(error.detail);
    }
    if (!error.hint.empty()) {
        writer.bytes("H").text(error.hint);
    }
    return writer.bytes(std::string_view("\0", 1)).end().take();
}

}  // namespace tessera::gateway
