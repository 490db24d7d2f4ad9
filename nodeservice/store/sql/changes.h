#pragma once

/// What entries of the log did to the rows, by SQLite's session extension: of each row that was inserted, deleted or
/// left otherwise the values before and after. Rows are known by their tables' primary keys.

#include "nodeservice/store/raft/types.h"
#include "nodeservice/store/sql/data.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

struct sqlite3_session;

namespace tessera::store {

/// One row. None of `before`: it was inserted; none of `after`: deleted. Values are in the order of the table's
/// columns. Of one that was changed, columns other than the key and the changed ones are empty optionals.
struct RowChange {
    using Values = std::vector<std::optional<sqlite::Value>>;

    Values before{};
    Values after{};
};

struct TableChanges {
    std::string table;
    std::vector<std::string> columns{};
    /// By column: whether it is of the primary key.
    std::vector<bool> is_key{};
    std::vector<RowChange> rows{};
};

/// Of one entry, or of several together: then a row that came and went is not in it.
struct Changes {
    /// The last entry they are of, and what its statements saw as now, in milliseconds since 1970.
    raft::Index index = 0;
    std::int64_t time_ms = 0;
    std::vector<TableChanges> tables{};
    /// Changed tables whose rows cannot be told: without a primary key, virtual, or with other columns than before.
    std::vector<std::string> untold{};
    /// Tables, views, indexes or triggers are not what they were.
    bool is_schema_changed = false;
    /// A backup took the place of all data: nothing of the rows is told.
    bool is_replaced = false;

    bool isEmpty() const { return tables.empty() && untold.empty() && !is_schema_changed && !is_replaced; }

    /// What it weighs in memory, about.
    std::size_t bytes() const;
};

/// Of what is applied to the data while it is there. One thread; `data` outlives it and is not replaced meanwhile.
class ChangeRecorder {
  public:
    static Result<std::unique_ptr<ChangeRecorder>> start(Data& data);
    ~ChangeRecorder();

    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;

    /// Since start(). Once.
    Result<Changes> finish();

  private:
    explicit ChangeRecorder(Data& data) : data_(data) {}

    static int noteTable(void* recorder, const char* table);
    Result<std::int64_t> schemaVersion();
    Result<> addUntold(Changes& changes, bool all);
    Result<> addRows(Changes& changes, void* bytes, int size);
    Result<TableChanges> describe(const std::string& table);

    Data& data_;
    sqlite3_session* session_ = nullptr;
    std::int64_t schema_version_ = 0;
    /// In which anything was changed.
    std::set<std::string> touched_;
};

}  // namespace tessera::store
