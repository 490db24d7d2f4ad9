#pragma once

/// Further connections to a session's file, which read one table side by side and all see one state of it. Owned by the
/// session, used by one cursor at a time. The connections are opened by the first begin() and kept.

#include "plugins/sqlite/database.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tessera::sqlite {

/// Row ids, both ends included.
struct RowRange {
    std::int64_t first;
    std::int64_t last;
};

class Readers {
  public:
    /// `own`: the session's connection.
    Readers(Database& own, bool read_only) : own_(own), read_only_(read_only) {}

    /// At least two, at most `count` connections in read transactions, until end(); or none, when one state can't be
    /// had without waiting for a writer, or the session's file is no longer the one of that name. Never waits: while
    /// one connection reads, a writer that waits for it would keep the next one from reading.
    std::vector<Database*> begin(std::size_t count);
    void end() noexcept;

    const TsrHost& host() const { return own_.host(); }

  private:
    bool open(std::size_t count);
    /// All of them, or, where a writer stands in the way, the first ones. Nothing when somebody has committed
    /// meanwhile.
    std::size_t beginAll();

    Database& own_;
    bool read_only_;
    std::vector<std::unique_ptr<Database>> databases_;
};

/// Ranges that hold every row of the table, in order, at most `count`. Gaps between row ids are left out where they are
/// large, so that ranges hold about as many rows where ids are dense. None when the table is empty, or when its rows
/// are not found by `rowid`: those of views, of tables WITHOUT ROWID or with a column of that name.
Result<std::vector<RowRange>> divide(Database& database, const std::string& table, std::size_t count);

}  // namespace tessera::sqlite
