#pragma once

/// Reads of the store for whoever is let in: queries and requests of several statements.

#include "nodeservice/server/store_service.h"

#include <functional>

namespace tessera::v1 {
class StoreQueryEvent;
class StoreQueryRequest;
class StoreRequestRequest;
class StoreRequestResponse;
}  // namespace tessera::v1

namespace tessera::server {

template <class Event>
class EventStream;

/// What this member awaits for a read that it answers itself. One that does not lead answers what only a leader could
/// by more than was asked for, and the leader need not run it.
store::ReadPoint pointHere(const store::Replica& replica, store::ReadPoint point);

class StoreQueries {
  public:
    /// `context` outlives it.
    explicit StoreQueries(const StoreContext& context) : context_(context) {}

    /// Ends the stream, which like the request is there until then. Does not wait for long.
    void query(const v1::StoreQueryRequest& request, EventStream<v1::StoreQueryEvent>& stream);

    /// Statements that all read, of one state. `done` comes in another thread.
    void request(const v1::StoreRequestRequest& request, v1::StoreRequestResponse& answer,
                 std::function<void(Result<>)> done);

  private:
    bool answerBriefly(const v1::StoreQueryRequest& request, const store::ReadPoint& point,
                       EventStream<v1::StoreQueryEvent>& stream);
    Result<> readAll(const v1::StoreRequestRequest& request, const store::ReadPoint& point, store::Clock::Time deadline,
                     v1::StoreRequestResponse& answer);

    const StoreContext& context_;
};

}  // namespace tessera::server
