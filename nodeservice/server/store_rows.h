#pragma once

/// Rows of the store as events of a stream, put together to a good size.

#include "nodeservice/store/sql/reader.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace tessera::v1 {
class StoreQueryEvent;
}  // namespace tessera::v1

namespace tessera::server {

template <class Event>
class EventStream;

using StoreQueryStream = EventStream<v1::StoreQueryEvent>;

class StoreRowWriter {
  public:
    enum class Form {
        kApart,      ///< The begin is an event of its own.
        kWithBegin,  ///< The first rows go with it.
        kWhole,      ///< All rows do, and are sent at the end alone, or not at all: see isTooLong().
    };

    /// A reader that takes nothing for `slow`, or not all within `longest`, ends the query.
    StoreRowWriter(StoreQueryStream& stream, Form form, std::chrono::milliseconds slow,
                   std::chrono::milliseconds longest);
    ~StoreRowWriter();

    /// `told`: what is said to be the state's index, if not the query's own.
    store::RowSink sink(std::optional<store::raft::Index> told = std::nullopt);

    /// What is left of the rows, for who ends the stream itself.
    Result<> flush();

    /// The same, or what became of them, and the end of the stream, of which nothing may be used
    /// afterwards.
    void end(Result<> done);

    /// There was more than goes into one event; nothing has been sent, and the stream is as it was.
    bool isTooLong() const { return is_too_long_; }

  private:
    Result<> begin(const std::vector<std::string>& columns, store::raft::Index index);
    Result<> add(std::vector<store::sqlite::Value> row);
    Result<> notTaken() const;

    StoreQueryStream& stream_;
    const Form form_;
    const std::chrono::milliseconds slow_;
    const std::chrono::steady_clock::time_point end_;
    /// To be sent.
    std::unique_ptr<v1::StoreQueryEvent> event_;
    std::size_t bytes_ = 0;
    bool is_too_long_ = false;
};

}  // namespace tessera::server
