#pragma once

/// What a transaction is going to change: statements that are gathered while it runs and sent to the store as one, when
/// it commits. A row that is changed by its key is changed only if it still is as this transaction has seen it; else
/// nothing is. One thread.

#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/database.h"
#include "plugins/store/member.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tessera::store_tables {

class Changes {
  public:
    bool isEmpty() const { return statements_.empty(); }

    /// One statement that changes something; how many rows, or -1 when only the store will know.
    Result<std::int64_t> add(std::string_view sql, std::span<const TsrParam> params);

    /// The same of rows that are found by a condition: they must still be as `database` has them. How many they are.
    Result<std::int64_t> addRowChange(sqlite::Database& database, std::string_view sql,
                                      std::span<const TsrParam> params);

    /// Rows of one INSERT.
    Result<> addRows(std::string_view into, std::size_t columns, std::span<const TsrParam> values);

    void setSavepoint(const std::string& name) { savepoints_.emplace_back(name, statements_.size()); }

    void release(const std::string& name);
    void rollbackTo(const std::string& name);

    std::size_t size() const { return statements_.size(); }

    void truncate(std::size_t size);

    void clear();

    /// Sends all of it. An Error: nothing has been changed, unless it is 08007.
    Result<> send(const Member& member);

  private:
    Result<> put(store_link::Statement statement);

    std::vector<store_link::Statement> statements_;
    std::vector<std::pair<std::string, std::size_t>> savepoints_;
    std::size_t bytes_ = 0;
};

/// Somebody else was faster: 40001.
Error rowsHaveChanged();

/// Rows of an INSERT on their way. The changes outlive it.
class Ingest final : public sdk::Ingest {
  public:
    Ingest(Changes& changes, const sdk::Target& target);
    ~Ingest() override;
    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

    Result<> rows(std::span<const TsrParam> values) override;
    Result<std::int64_t> finish() override;

  private:
    Changes& changes_;
    const std::size_t begin_;
    const std::size_t columns_;
    std::string into_;
    std::int64_t count_ = 0;
    bool is_finished_ = false;
};

}  // namespace tessera::store_tables
