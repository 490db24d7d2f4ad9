#pragma once

/// One run of a statement, as the transport sees it: puts batches into the store on the transport's thread, keeps
/// notices and the end for whoever asks, and says that there is news at most once until the news was taken.
///
/// Owned jointly by the session that started it and the client that feeds it. What is stored is bounded: past
/// `stored_limit` bytes batches are kept but not released, so the client stops reading and the node stops sending,
/// until resume(). A batch is released when it is stored, so a slow disk slows the node down, too; a full one ends the
/// statement with its error.

#include "app/core/results/result_store.h"
#include "nodeservice/client/node_client.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace tessera::app {

class StatementRun final : public client::QueryObserver {
  public:
    /// What happened since the last take.
    struct News {
        bool has_columns = false;
        std::vector<client::Notice> notices;
        std::optional<client::Progress> progress;
        /// Past the limit: waits for resume() or cancel().
        bool is_paused = false;
        std::optional<Result<client::Completion>> end;
    };

    /// `tell` is called on the transport's threads.
    StatementRun(std::uint64_t stored_limit, std::shared_ptr<ResultMemory> memory, std::function<void()> tell);

    /// The handle that execute() returned; events may have arrived before.
    void attach(std::unique_ptr<client::RunningQuery> running);

    /// No row is stored after this has returned; the end still comes. Any thread.
    void cancel();
    /// As cancel(), and lets go of the handle: nothing is told any more.
    void abandon();
    /// Lets as many bytes again into the store.
    void resume();

    News takeNews();

    std::shared_ptr<const ResultStore> store() const { return store_; }

    void onColumns(std::vector<client::ResultColumn> columns) override;
    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override;
    void onNotice(client::Notice notice) override;
    void onProgress(client::Progress progress) override;
    void onDone(Result<client::Completion> result) override;

  private:
    static constexpr std::size_t kNoticesMax = 1000;

    void keepOrRelease();
    void failStoring(Error error);
    /// Calls `tell_` unless news is already waiting. Not under the lock.
    void tell(std::unique_lock<std::mutex>& lock);

    const std::shared_ptr<ResultStore> store_;
    const std::uint64_t stored_step_;
    const std::function<void()> tell_;

    mutable std::mutex mutex_;
    // All below guarded by mutex_. RunningQuery is never called under it: it may call back at once.
    std::shared_ptr<client::RunningQuery> running_;
    int owed_releases_ = 0;
    int held_batches_ = 0;
    std::uint64_t stored_limit_;
    bool is_cancelled_ = false;
    bool is_abandoned_ = false;
    bool is_told_ = false;
    /// Why rows could not be stored; the statement's end then says so.
    std::optional<Error> store_failure_;
    News news_;
};

}  // namespace tessera::app
