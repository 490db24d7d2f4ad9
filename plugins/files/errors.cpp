#include "plugins/files/errors.h"

#include "plugins/sdk/connector_base.h"

#include <string>

namespace tessera::files {

namespace {

struct Kind {
    std::string_view prefix;
    ErrorCode code;
    const char* sqlstate;
};

constexpr Kind kKinds[] = {
    {"IO Error", ErrorCode::kUnavailable, "58030"},
    {"HTTP Error", ErrorCode::kUnavailable, "58030"},
    {"Conversion Error", ErrorCode::kInvalidArgument, "22018"},
    {"Out of Range Error", ErrorCode::kOutOfRange, "22003"},
    {"Decimal Error", ErrorCode::kOutOfRange, "22003"},
    {"Divide by Zero Error", ErrorCode::kInvalidArgument, "22012"},
    {"Mismatch Type Error", ErrorCode::kInvalidArgument, "42804"},
    {"Parser Error", ErrorCode::kInvalidArgument, "42601"},
    {"Syntax Error", ErrorCode::kInvalidArgument, "42601"},
    {"Binder Error", ErrorCode::kInvalidArgument, "42703"},
    {"Catalog Error", ErrorCode::kNotFound, "42P01"},
    {"Out of Memory Error", ErrorCode::kResourceExhausted, "53200"},
    {"Permission Error", ErrorCode::kPermissionDenied, "42501"},
    {"Not implemented Error", ErrorCode::kUnimplemented, "0A000"},
    {"Invalid Input Error", ErrorCode::kInvalidArgument, "22023"},
    {"Constraint Error", ErrorCode::kFailedPrecondition, "23000"},
    {"Serialization Error", ErrorCode::kDataLoss, "XX001"},
    {"INTERNAL Error", ErrorCode::kInternal, "XX000"},
    {"FATAL Error", ErrorCode::kInternal, "XX000"},
};

/// What readers say of files whose content is not what it should be.
constexpr std::string_view kDamage[] = {
    "magic bytes",
    "too small to be a Parquet file",
    "corrupt",
    "Corrupt",
    "Malformed JSON",
    "malformed JSON",
    "don't match the size",
    "TProtocolException",
    "out of buffer",
    "Footer length",
    "footer length",
    "Failed to decompress",
    "decompression failure",
    "GZIP",
};

constexpr std::string_view kMissing[] = {"No files found", "No such file"};

template <std::size_t kCount>
bool saysAny(std::string_view message, const std::string_view (&words)[kCount]) {
    for (const std::string_view word : words) {
        if (message.find(word) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

/// The message without its kind, the statement's text and further paragraphs, in one line.
std::string firstSentence(std::string_view message) {
    message = message.substr(0, message.find("\n\nLINE "));
    message = message.substr(0, message.find("\n\n"));
    std::string line;
    for (const char c : message) {
        line += c == '\n' ? ' ' : c;
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == '.')) {
        line.pop_back();
    }
    return line;
}

}  // namespace

Error errorOfMessage(std::string_view message) {
    if (message.starts_with("INTERRUPT")) {
        return sdk::cancelled();
    }
    Error error = fail(ErrorCode::kUnknown, firstSentence(message));
    error.sqlstate = "HV000";
    for (const Kind& kind : kKinds) {
        if (message.starts_with(kind.prefix)) {
            error.code = kind.code;
            error.sqlstate = kind.sqlstate;
            error.message = firstSentence(message.substr(std::min(message.size(), kind.prefix.size() + 2)));
            break;
        }
    }
    if (error.sqlstate == "22018" &&
        error.message.find("is out of range for the destination type") != std::string::npos) {
        error.code = ErrorCode::kOutOfRange;
        error.sqlstate = "22003";
    }
    if (error.sqlstate == "22023" && error.message.starts_with("More than one row returned by a subquery")) {
        error.sqlstate = "21000";
    }
    // What error('[22012] …') in a statement of ours says.
    if (error.sqlstate == "22023" && error.message.size() > 8 && error.message[0] == '[' && error.message[6] == ']') {
        error.sqlstate = error.message.substr(1, 5);
        error.message.erase(0, 8);
    }
    const bool about_content = error.sqlstate != "42P01" && error.sqlstate != "42601" && error.sqlstate != "42703";
    if (saysAny(message, kMissing)) {
        error.code = ErrorCode::kNotFound;
        error.sqlstate = "58P01";
        error.hint = "check the table's option 'path' and the server's option 'directory'";
    } else if (about_content && saysAny(message, kDamage)) {
        error.code = ErrorCode::kDataLoss;
        error.sqlstate = "XX001";
        error.hint = "the file is damaged or has another format: replace it, or correct the table's option 'format'";
    } else if (error.sqlstate == "42501") {
        error.hint = "only files inside the server's option 'directory' can be read";
    } else if (error.message.find("Maximum line size") != std::string::npos) {
        error.hint = "raise the table's option 'max_line_size'";
    } else if (error.sqlstate == "53200") {
        error.hint = "raise the server's option 'memory_limit', or ask for less at once";
    }
    return error;
}

}  // namespace tessera::files
