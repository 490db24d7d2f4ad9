#pragma once

/// What entries of the store changed, for whoever may read: those that were, and those that come while somebody
/// listens, which holds no thread between them.

#include "nodeservice/server/store_service.h"

#include <functional>
#include <memory>

namespace tessera::v1 {
class StoreChanges;
class StoreChangesRequest;
}  // namespace tessera::v1

namespace tessera::server {

template <class Event>
class EventStream;

using StoreChangesStream = EventStream<v1::StoreChanges>;

class StoreChangesFeed {
  public:
    /// `context` outlives it, as it outlives its streams.
    explicit StoreChangesFeed(const StoreContext& context) : context_(context) {}

    /// Ends the stream, which like the request is there until then. `admit` is asked each time before something is
    /// sent, as who listens for long may lose the right. In a worker's thread.
    void send(const v1::StoreChangesRequest& request, StoreChangesStream& stream, std::function<Result<>()> admit);

  private:
    struct Following;

    /// Whether more is to come.
    Result<bool> sendWhatIsThere(Following& following);
    Result<> sendOne(Following& following, const store::Changes& changes);
    Result<> sendPart(Following& following, v1::StoreChanges part);
    void awaitAll(const std::shared_ptr<Following>& following);
    void goOn(const std::shared_ptr<Following>& following);
    void await(const std::shared_ptr<Following>& following);

    const StoreContext& context_;
};

}  // namespace tessera::server
