#pragma once

/// Rows of the store as events of a stream, put together to a good size.

#include "nodeservice/store/sql/reader.h"

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
    explicit StoreRowWriter(StoreQueryStream& stream);
    ~StoreRowWriter();

    /// `told`: what is said to be the state's index, if not the query's own.
    store::RowSink sink(std::optional<store::raft::Index> told = std::nullopt);

    Result<> flush();

  private:
    Result<> send(v1::StoreQueryEvent event);

    StoreQueryStream& stream_;
    std::unique_ptr<v1::StoreQueryEvent> rows_;
    std::size_t bytes_ = 0;
};

}  // namespace tessera::server
