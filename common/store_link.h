#pragma once

/// What a node's PostgreSQL asks its node's member of the replicated store, at a unix socket that only the node's
/// system user may reach: one request a connection, ended by shutting down the writing side, and one answer.
/// plugins/store asks, nodeservice/server/store_door.h answers. Both are of one build: the format has no versions
/// but kFormat, which refuses another's.

#include "common/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tessera::store_link {

inline constexpr std::size_t kMostRequestBytes = std::size_t{9} << 20U;
inline constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 10U;

struct Bytes {
    std::string bytes;

    bool operator==(const Bytes&) const = default;
};

/// SQLite's: NULL, integer, real, text, blob.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

struct Statement {
    std::string sql;
    std::vector<Value> parameters;

    bool operator==(const Statement&) const = default;
};

enum class Kind : std::uint8_t {
    kRead,   ///< When, and from which index on, may the data's file be read?
    kWrite,  ///< The statements, as one entry of the log: all or none.
};

enum class Consistency : std::uint8_t { kNone, kWeak, kLeader, kLinearizable, kFreshness };

struct Request {
    Kind kind = Kind::kRead;
    /// Who asks: the role that signed in to the session.
    std::string role = {};
    std::uint32_t timeout_ms = 0;
    /// Of kRead.
    Consistency consistency = Consistency::kLinearizable;
    std::uint32_t max_age_ms = 0;
    /// Of kWrite.
    std::vector<Statement> statements = {};

    std::string encode() const;
    /// kInvalidArgument for what is no request.
    static Result<Request> decode(std::string_view bytes);

    bool operator==(const Request&) const = default;
};

struct Answer {
    /// Empty: it went well.
    std::string sqlstate = {};
    std::string message = {};
    std::string hint = {};
    /// Of the state that may be read, or of the entry that was written.
    std::uint64_t index = 0;
    /// The data's file; of kRead.
    std::string file = {};

    std::string encode() const;
    static Result<Answer> decode(std::string_view bytes);

    bool operator==(const Answer&) const = default;
};

}  // namespace tessera::store_link
