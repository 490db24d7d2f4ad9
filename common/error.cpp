#include "common/error.h"

#include <array>

namespace tessera {

namespace {

struct CodeFacts {
    std::string_view name;
    std::string_view sqlstate;
};

constexpr std::array<CodeFacts, 17> kCodes{{
    {"OK", "00000"},
    {"CANCELLED", "57014"},
    {"UNKNOWN", "XX000"},
    {"INVALID_ARGUMENT", "22023"},
    {"DEADLINE_EXCEEDED", "57014"},
    {"NOT_FOUND", "42704"},
    {"ALREADY_EXISTS", "42710"},
    {"PERMISSION_DENIED", "42501"},
    {"RESOURCE_EXHAUSTED", "53000"},
    {"FAILED_PRECONDITION", "55000"},
    {"ABORTED", "40001"},
    {"OUT_OF_RANGE", "22003"},
    {"UNIMPLEMENTED", "0A000"},
    {"INTERNAL", "XX000"},
    {"UNAVAILABLE", "08006"},
    {"DATA_LOSS", "XX001"},
    {"UNAUTHENTICATED", "28000"},
}};

struct ClassFacts {
    std::string_view prefix;
    ErrorCode code;
};

// Longer prefixes stand before the class they belong to.
constexpr std::array<ClassFacts, 23> kClasses{{
    {"00", ErrorCode::kOk},
    {"57014", ErrorCode::kCancelled},
    {"57P", ErrorCode::kUnavailable},
    {"57", ErrorCode::kAborted},
    {"08", ErrorCode::kUnavailable},
    {"28", ErrorCode::kUnauthenticated},
    {"42501", ErrorCode::kPermissionDenied},
    {"42P01", ErrorCode::kNotFound},
    {"42704", ErrorCode::kNotFound},
    {"42703", ErrorCode::kInvalidArgument},
    {"42P07", ErrorCode::kAlreadyExists},
    {"42710", ErrorCode::kAlreadyExists},
    {"42", ErrorCode::kInvalidArgument},
    {"22003", ErrorCode::kOutOfRange},
    {"22", ErrorCode::kInvalidArgument},
    {"23", ErrorCode::kFailedPrecondition},
    {"25", ErrorCode::kFailedPrecondition},
    {"40", ErrorCode::kAborted},
    {"53", ErrorCode::kResourceExhausted},
    {"54", ErrorCode::kResourceExhausted},
    {"55", ErrorCode::kFailedPrecondition},
    {"0A", ErrorCode::kUnimplemented},
    {"XX001", ErrorCode::kDataLoss},
}};

}  // namespace

std::string_view errorCodeName(ErrorCode code) {
    return kCodes.at(static_cast<std::size_t>(code)).name;
}

std::string_view defaultSqlState(ErrorCode code) {
    return kCodes.at(static_cast<std::size_t>(code)).sqlstate;
}

ErrorCode errorCodeOfSqlState(std::string_view sqlstate) {
    for (const ClassFacts& facts : kClasses) {
        if (sqlstate.substr(0, facts.prefix.size()) == facts.prefix) {
            return facts.code;
        }
    }
    return ErrorCode::kUnknown;
}

Error Error::withContext(std::string_view what) && {
    message.insert(0, std::string(what) + ": ");
    return std::move(*this);
}

std::string Error::describe() const {
    std::string text = message;
    if (!detail.empty()) {
        text += "\n  detail: " + detail;
    }
    if (!hint.empty()) {
        text += "\n  hint: " + hint;
    }
    return text;
}

}  // namespace tessera
