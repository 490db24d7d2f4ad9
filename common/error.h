#pragma once

/// What went wrong, told to a person and to a program.
///
/// An Error has one of gRPC's canonical codes (there is no second taxonomy), one sentence that names the thing and what
/// is wrong with it, optionally a hint that says what to do, and, where SQL is concerned, SQLSTATE and position. It is
/// a value; any thread may own one. The mappings to SQLSTATE, gRPC status and HTTP stand in one place each, at the
/// edges.

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

/// gRPC's canonical status codes, with their numbers (https://grpc.io/docs/guides/status-codes/).
enum class ErrorCode : std::uint8_t {
    kOk = 0,
    kCancelled = 1,
    kUnknown = 2,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kAlreadyExists = 6,
    kPermissionDenied = 7,
    kResourceExhausted = 8,
    kFailedPrecondition = 9,
    kAborted = 10,
    kOutOfRange = 11,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
    kDataLoss = 15,
    kUnauthenticated = 16,
};

/// The code's canonical spelling, e.g. "INVALID_ARGUMENT".
std::string_view errorCodeName(ErrorCode code);

/// The SQLSTATE that stands for a code when the error itself carries none, e.g. kCancelled is "57014".
std::string_view defaultSqlState(ErrorCode code);

/// The code that fits a five-character SQLSTATE, by its class: "28P01" is kUnauthenticated. Unknown classes are
/// kUnknown.
ErrorCode errorCodeOfSqlState(std::string_view sqlstate);

struct Error {
    ErrorCode code = ErrorCode::kUnknown;
    /// One sentence without a full stop at its end that names the thing: "cannot read 'node.yaml': no such file".
    std::string message;
    /// What to do about it, or empty.
    std::string hint;
    /// More facts for whoever looks closer (a remote server's DETAIL), or empty.
    std::string detail;
    /// Five characters, or empty: see sqlState().
    std::string sqlstate;
    /// Where in the SQL text, counted in characters from 1; 0 when there is no position.
    std::int32_t position = 0;

    static Error make(ErrorCode code, std::string message, std::string hint = {}) {
        return Error{code, std::move(message), std::move(hint), {}, {}, 0};
    }

    /// The error with `what` and a colon before its message, as it climbs: "starting node 'lake': port 7410 is in use".
    Error withContext(std::string_view what) &&;

    /// sqlstate, or the one that stands for the code.
    std::string_view sqlState() const { return sqlstate.empty() ? defaultSqlState(code) : std::string_view(sqlstate); }

    /// Message, then detail and hint on lines of their own, as a terminal shows it.
    std::string describe() const;
};

}  // namespace tessera
