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
    /// A reader that takes nothing for `slow`, or not all within `longest`, ends the query.
    StoreRowWriter(StoreQueryStream& stream, std::chrono::milliseconds slow, std::chrono::milliseconds longest);
    ~StoreRowWriter();

    /// `told`: what is said to be the state's index, if not the query's own.
    store::RowSink sink(std::optional<store::raft::Index> told = std::nullopt);

    Result<> flush();

  private:
    Result<> send(v1::StoreQueryEvent event);

    StoreQueryStream& stream_;
    const std::chrono::milliseconds slow_;
    const std::chrono::steady_clock::time_point end_;
    std::unique_ptr<v1::StoreQueryEvent> rows_;
    std::size_t bytes_ = 0;
};

}  // namespace tessera::server
