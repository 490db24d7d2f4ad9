#include "nodeservice/server/peer/grpc_transport.h"

#include "common/log.h"
#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/peer/message_codec.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

namespace tessera::store {

namespace {

constexpr std::size_t kMostWaiting = 4096;
constexpr std::size_t kBatchBytes = std::size_t{1} << 20U;
constexpr std::chrono::milliseconds kRetryAfter{100};
/// After a refusal that an operator has to see to.
constexpr std::chrono::milliseconds kRetryRefused{2000};

/// What of a message can be large.
std::size_t bytesOf(const raft::Message& message) {
    std::size_t bytes = message.chunk ? message.chunk->size() : 0;
    for (const raft::Entry& entry : message.entries) {
        bytes += entry.bytes();
    }
    return bytes;
}

std::shared_ptr<grpc::Channel> channelTo(const std::string& address,
                                         const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(kRetryAfter.count()));
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    // One attempt lasts so long: a handshake over a long way needs it, a healed network should not wait for more.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
    // The time-out is TCP's as well (TCP_USER_TIMEOUT): what stays unconfirmed so long breaks the connection, and a new
    // one is there soon after the network heals. Servers refuse pings that come more often than every 10 s.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2'000);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

class GrpcTransport::Peer {
  public:
    Peer(raft::NodeId node, std::string store, std::string address,
         const std::shared_ptr<grpc::ChannelCredentials>& credentials, Authorize authorize,
         std::function<std::int64_t()> wall_ms)
        : node_(node),
          store_(std::move(store)),
          address_(std::move(address)),
          authorize_(std::move(authorize)),
          wall_ms_(std::move(wall_ms)),
          stub_(v1::StorePeer::NewStub(channelTo(address_, credentials))),
          thread_([this] { work(); }) {}

    ~Peer() {
        Stream* idle = nullptr;
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
            if (stream_ != nullptr) {
                stream_->cancel();
                // One that writes hears of the end by itself.
                idle = is_writing_ ? nullptr : std::exchange(stream_, nullptr);
            }
        }
        if (idle != nullptr) {
            idle->RemoveHold();
        }
        changed_.notify_all();
        thread_.join();
    }

    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    const std::string& address() const { return address_; }

    /// Onto the stream at once, in the caller's thread, if there is one on which nothing is under way.
    void send(raft::Message message) {
        Stream* stream = nullptr;
        {
            const std::lock_guard lock(mutex_);
            const std::size_t bytes = bytesOf(message);
            const bool fits = bytes == 0 || waiting_bytes_ + bytes <= kMostWaitingPeerBytes;
            if (!fits || waiting_.size() >= kMostWaiting) {
                return;
            }
            waiting_bytes_ += bytes;
            waiting_.push_back(std::move(message));
            if (stream_ != nullptr && !is_writing_) {
                stream = nextBatch();
            }
        }
        if (stream != nullptr) {
            stream->write();
        } else {
            changed_.notify_all();
        }
    }

    std::size_t waitingBytes() {
        const std::lock_guard lock(mutex_);
        return waiting_bytes_;
    }

  private:
    /// The call. Its thread waits for the end of it, which comes when nobody holds it any more: it is held as long as
    /// somebody may write.
    class Stream final : public grpc::ClientWriteReactor<v1::PeerBatch> {
      public:
        Stream(Peer& peer, const std::string& authorization) : peer_(peer) {
            context_.AddMetadata("authorization", authorization);
        }

        void begin(v1::StorePeer::Stub& stub) {
            stub.async()->Deliver(&context_, &end_, this);
            AddHold();
            StartCall();
        }

        v1::PeerBatch& batch() { return batch_; }

        void write() { StartWrite(&batch_); }

        void cancel() { context_.TryCancel(); }

        void OnWriteDone(bool is_written) override { peer_.written(*this, is_written); }

        void OnDone(const grpc::Status& status) override { peer_.ended(status); }

      private:
        Peer& peer_;
        grpc::ClientContext context_;
        v1::PeerBatchesEnd end_;
        v1::PeerBatch batch_;
    };

    /// Opens one stream after another.
    void work() {
        std::unique_lock lock(mutex_);
        while (!is_stopping_) {
            changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
            if (is_stopping_) {
                return;
            }
            lock.unlock();
            const bool is_refused = stream();
            lock.lock();
            // What waited is old by now; Raft sends again what it needs.
            waiting_.clear();
            waiting_bytes_ = 0;
            changed_.wait_for(lock, is_refused ? kRetryRefused : kRetryAfter, [this] { return is_stopping_; });
        }
    }

    /// Until it breaks. Whether an operator has to see to it.
    bool stream() {
        const auto authorization = authorize_(node_);
        if (!authorization) {
            say("store.peer_refused", authorization.error().message);
            return true;
        }
        Stream stream(*this, *authorization);
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_) {
                return false;
            }
            end_.reset();
            stream.begin(*stub_);
            stream_ = &stream;
            nextBatch();
        }
        stream.write();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return end_.has_value(); });
        const grpc::Status status = *end_;
        const bool is_stopping = is_stopping_;
        lock.unlock();
        if (is_stopping || status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) {
            return false;
        }
        const bool is_unreachable = status.error_code() == grpc::StatusCode::UNAVAILABLE;
        say(is_unreachable ? "store.peer_unreachable" : "store.peer_refused", status.error_message());
        return !is_unreachable;
    }

    /// In gRPC's thread.
    void written(Stream& stream, bool is_written) {
        {
            const std::lock_guard lock(mutex_);
            is_writing_ = false;
            has_written_ = has_written_ || is_written;
            if (is_written && !is_stopping_ && waiting_.empty()) {
                return;
            }
            if (is_written && !is_stopping_) {
                nextBatch();
            } else {
                stream_ = nullptr;
                is_written = false;
            }
        }
        if (is_written) {
            stream.write();
        } else {
            stream.RemoveHold();
        }
    }

    /// In gRPC's thread; the stream is gone soon after.
    void ended(const grpc::Status& status) {
        const std::lock_guard lock(mutex_);
        end_ = status;
        changed_.notify_all();
    }

    /// It is said once, until it is another reason, or something was sent.
    void say(const char* event, const std::string& reason) {
        {
            const std::lock_guard lock(mutex_);
            if (std::exchange(has_written_, false)) {
                reason_.clear();
            }
        }
        if (reason != reason_) {
            log::warn(event, {{"member", node_}, {"address", address_}, {"reason", reason}});
            reason_ = reason;
        }
    }

    /// Fills the stream's batch of what waits, for who writes it then. With the mutex.
    Stream* nextBatch() {
        is_writing_ = true;
        v1::PeerBatch& batch = stream_->batch();
        batch.Clear();
        batch.set_store(store_);
        batch.set_protocol(kPeerProtocol);
        batch.set_time_ms(wall_ms_());
        std::size_t bytes = 0;
        while (!waiting_.empty() && bytes < kBatchBytes) {
            bytes += bytesOf(waiting_.front());
            encode(waiting_.front(), *batch.add_messages());
            waiting_.pop_front();
        }
        waiting_bytes_ -= bytes;
        return stream_;
    }

    const raft::NodeId node_;
    const std::string store_;
    const std::string address_;
    const Authorize authorize_;
    const std::function<std::int64_t()> wall_ms_;
    const std::unique_ptr<v1::StorePeer::Stub> stub_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // All below but the last two: guarded by mutex_.
    std::deque<raft::Message> waiting_;
    std::size_t waiting_bytes_ = 0;
    /// Onto which may be written. The batch belongs to whoever has set is_writing_, until the write is done.
    Stream* stream_ = nullptr;
    bool is_writing_ = false;
    bool has_written_ = false;
    std::optional<grpc::Status> end_;
    bool is_stopping_ = false;
    std::string reason_;  // the thread's own
    std::thread thread_;
};

std::int64_t systemWallMs() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

GrpcTransport::GrpcTransport(std::string store, std::shared_ptr<grpc::ChannelCredentials> credentials,
                             Authorize authorize, std::function<std::int64_t()> wall_ms)
    : store_(std::move(store)),
      credentials_(std::move(credentials)),
      authorize_(std::move(authorize)),
      wall_ms_(std::move(wall_ms)) {}

GrpcTransport::~GrpcTransport() = default;

void GrpcTransport::setAddress(raft::NodeId node, const std::string& address) {
    std::unique_ptr<Peer> old;  // its thread is joined without the lock
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Peer>& peer = peers_[node];
    if (!peer || peer->address() != address) {
        old = std::exchange(peer, std::make_unique<Peer>(node, store_, address, credentials_, authorize_, wall_ms_));
    }
}

void GrpcTransport::forget(raft::NodeId node) {
    std::unique_ptr<Peer> old;
    const std::lock_guard lock(mutex_);
    if (const auto found = peers_.find(node); found != peers_.end()) {
        old = std::move(found->second);
        peers_.erase(found);
    }
}

void GrpcTransport::send(raft::Message message) {
    // Shared: a peer must not go while somebody writes to it, and writing to one is no reason to wait for another.
    const std::shared_lock lock(mutex_);
    if (const auto peer = peers_.find(message.to); peer != peers_.end()) {
        peer->second->send(std::move(message));
    }
}

std::size_t GrpcTransport::waitingBytes(raft::NodeId node) const {
    const std::lock_guard lock(mutex_);
    const auto peer = peers_.find(node);
    return peer == peers_.end() ? 0 : peer->second->waitingBytes();
}

}  // namespace tessera::store
