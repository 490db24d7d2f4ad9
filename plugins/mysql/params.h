#pragma once

/// A statement's parameters in the client library's form, bound with their own types. Owns copies of the values, so
/// that the statement can be run after the host's are gone. Owned by a cursor.

#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <mysql.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tessera::mysql {

class Params {
  public:
    /// What MySQL has no value for (NaN, an infinite or ancient date) is an error.
    static Result<Params> from(std::span<const TsrParam> params);

    std::size_t count() const { return binds_.size(); }

    /// For mysql_stmt_bind_param; null when there are none.
    MYSQL_BIND* binds() { return binds_.empty() ? nullptr : binds_.data(); }

  private:
    /// The bytes that a MYSQL_BIND points to; they stay where they are when the vectors move.
    struct Slot {
        std::string bytes;
        unsigned long length = 0;
    };

    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<MYSQL_BIND> binds_;
};

}  // namespace tessera::mysql
