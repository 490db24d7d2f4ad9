#pragma once

/// A running statement as a queue that one thread empties: events come from the transport's threads, at most
/// RunningQuery::kMaxBatchesInFlight batches wait, and a waiting thread can be interrupted.

#include "nodeservice/client/node_client.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace tessera::app {

class StatementStream final : public client::QueryObserver {
  public:
    struct Interrupted {};

    using Columns = std::vector<client::ResultColumn>;
    using Batch = std::shared_ptr<const client::ResultBatch>;
    using End = Result<client::Completion>;
    using Event = std::variant<Columns, Batch, client::Notice, End, Interrupted>;

    /// Waits for the next event. After End or Interrupted there is none.
    Event next();
    /// Nothing when none comes within that time.
    std::optional<Event> nextWithin(std::chrono::milliseconds time);

    /// Wakes next() with Interrupted before anything that waits. Any thread.
    void interrupt();

    void onColumns(std::vector<client::ResultColumn> columns) override { push(std::move(columns)); }

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override { push(std::move(batch)); }

    void onNotice(client::Notice notice) override { push(std::move(notice)); }

    void onDone(Result<client::Completion> result) override { push(std::move(result)); }

  private:
    /// Under the lock, when there is something.
    Event take();
    void push(Event event);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Event> events_;     // guarded by mutex_
    bool is_interrupted_ = false;  // guarded by mutex_
};

}  // namespace tessera::app
