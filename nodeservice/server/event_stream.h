#pragma once

/// A call that answers with a stream: a worker writes, one event at a time, and waits for the reader. Deletes itself
/// in OnDone, which comes after end().

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
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

    /// As write(), but false also when what was written before has not been taken for so long.
    bool writeWithin(Event event, std::chrono::milliseconds most) {
        {
            std::unique_lock lock(mutex_);
            if (!written_.wait_for(lock, most, [this] { return !is_writing_; })) {
                return false;
            }
        }
        return write(std::move(event));
    }

    /// Whether write() would wait.
    bool isWriting() {
        const std::lock_guard lock(mutex_);
        return is_writing_;
    }

    /// Nobody reads any more: it is to be ended.
    bool isBroken() {
        const std::lock_guard lock(mutex_);
        return is_broken_;
    }

    /// The last event, and the end of it in good order, together. False as for writeWithin(): it is to be ended then.
    /// Nothing of this object may be used after true.
    bool endWith(Event event, std::chrono::milliseconds most) {
        {
            std::unique_lock lock(mutex_);
            if (!written_.wait_for(lock, most, [this] { return !is_writing_; }) || is_broken_) {
                return false;
            }
            event_ = std::move(event);
            is_writing_ = true;
        }
        // Without the lock, which is gone with this object as soon as the reader has it all.
        this->StartWriteAndFinish(&event_, grpc::WriteOptions(), grpc::Status::OK);
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

    /// The same for who must not wait.
    void endWhenWritten(const grpc::Status& status) {
        {
            const std::lock_guard lock(mutex_);
            if (is_writing_) {
                end_ = status;
                return;
            }
        }
        this->Finish(status);
    }

    void OnWriteDone(bool ok) override {
        std::optional<grpc::Status> end;
        {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            is_broken_ = is_broken_ || !ok;
            end = end_;
            written_.notify_all();
        }
        if (end) {
            this->Finish(*end);
        }
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
    std::optional<grpc::Status> end_;
    bool is_writing_ = false;
    bool is_broken_ = false;
};

}  // namespace tessera::server
