#pragma once

/// A call that answers with a stream: a worker writes, one event at a time, and waits for the reader. Deletes itself
/// in OnDone, which comes after end().

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace tessera::server {

template <class Event>
class EventStream final : public grpc::ServerWriteReactor<Event> {
  public:
    /// False: nobody reads any more.
    bool write(Event event) {
        std::unique_lock lock(mutex_);
        written_.wait(lock, [this] { return !is_writing_; });
        if (is_broken_) {
            return false;
        }
        event_ = std::move(event);
        is_writing_ = true;
        this->StartWrite(&event_);
        return true;
    }

    /// Nothing of this object may be used afterwards.
    void end(const grpc::Status& status) {
        {
            std::unique_lock lock(mutex_);
            written_.wait(lock, [this] { return !is_writing_; });
        }
        this->Finish(status);
    }

    void OnWriteDone(bool ok) override {
        const std::lock_guard lock(mutex_);
        is_writing_ = false;
        is_broken_ = is_broken_ || !ok;
        written_.notify_all();
    }

    void OnCancel() override {
        const std::lock_guard lock(mutex_);
        is_broken_ = true;
    }

    void OnDone() override { delete this; }

  private:
    std::mutex mutex_;
    std::condition_variable written_;
    Event event_;
    bool is_writing_ = false;
    bool is_broken_ = false;
};

}  // namespace tessera::server
