#include "nodeservice/server/peer/grpc_transport.h"

#include "common/log.h"
#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/peer/message_codec.h"
#include "nodeservice/store/driver/mailbox.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <atomic>
#include <chrono>
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
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
            if (context_ != nullptr) {
                context_->TryCancel();
            }
        }
        mailbox_.close();
        thread_.join();
    }

    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    const std::string& address() const { return address_; }

    void send(raft::Message message) {
        const std::size_t bytes = bytesOf(message);
        const bool fits = bytes == 0 || waiting_bytes_ + bytes <= kMostWaitingPeerBytes;
        // Counted before the other thread can take it out.
        waiting_bytes_ += bytes;
        if (!fits || !mailbox_.pushIfFewer(std::move(message), kMostWaiting)) {
            waiting_bytes_ -= bytes;
        }
    }

    std::size_t waitingBytes() const { return waiting_bytes_; }

  private:
    void work() {
        std::deque<raft::Message> waiting = mailbox_.takeAll();
        while (!waiting.empty() && !is_stopping_) {
            waiting = stream(std::move(waiting));
            if (!is_stopping_) {
                // The stream is broken. What waited is old by now; Raft sends again what it needs.
                for (const raft::Message& message : waiting) {
                    waiting_bytes_ -= bytesOf(message);
                }
                mailbox_.waitClosed(is_refused_ ? kRetryRefused : kRetryAfter);
                waiting = mailbox_.takeAll();
            }
        }
    }

    /// Until it breaks. Returns what could not be sent.
    std::deque<raft::Message> stream(std::deque<raft::Message> waiting) {
        grpc::ClientContext context;
        const auto authorization = authorize_(node_);
        if (!authorization) {
            refused(authorization.error().message);
            return waiting;
        }
        context.AddMetadata("authorization", *authorization);
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_) {
                return {};
            }
            context_ = &context;
        }
        v1::PeerBatchesEnd end;
        const auto writer = stub_->Deliver(&context, &end);
        while (!waiting.empty() && writer->Write(takeBatch(waiting))) {
            reason_.clear();
            if (waiting.empty()) {
                waiting = mailbox_.takeAll();
            }
        }
        context.TryCancel();
        const grpc::Status status = writer->Finish();
        is_refused_ = false;
        if (!is_stopping_ && status.error_code() != grpc::StatusCode::CANCELLED &&
            status.error_code() != grpc::StatusCode::UNAVAILABLE && !status.ok()) {
            refused(status.error_message());
        } else if (!is_stopping_ && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
            say("store.peer_unreachable", status.error_message());
        }
        const std::lock_guard lock(mutex_);
        context_ = nullptr;
        return waiting;
    }

    /// It is said once, until it is another reason.
    void refused(const std::string& reason) {
        is_refused_ = true;
        say("store.peer_refused", reason);
    }

    void say(const char* event, const std::string& reason) {
        if (reason != reason_) {
            log::warn(event, {{"member", node_}, {"address", address_}, {"reason", reason}});
            reason_ = reason;
        }
    }

    v1::PeerBatch takeBatch(std::deque<raft::Message>& waiting) {
        v1::PeerBatch batch;
        batch.set_store(store_);
        batch.set_protocol(kPeerProtocol);
        batch.set_time_ms(wall_ms_());
        std::size_t bytes = 0;
        while (!waiting.empty() && bytes < kBatchBytes) {
            const std::size_t more = bytesOf(waiting.front());
            bytes += more;
            encode(waiting.front(), *batch.add_messages());
            waiting.pop_front();
            waiting_bytes_ -= more;
        }
        return batch;
    }

    const raft::NodeId node_;
    const std::string store_;
    const std::string address_;
    const Authorize authorize_;
    const std::function<std::int64_t()> wall_ms_;
    const std::unique_ptr<v1::StorePeer::Stub> stub_;
    Mailbox<raft::Message> mailbox_;
    std::atomic<std::size_t> waiting_bytes_ = 0;
    std::mutex mutex_;
    grpc::ClientContext* context_ = nullptr;
    std::atomic<bool> is_stopping_ = false;
    // The thread's own.
    bool is_refused_ = false;
    std::string reason_;
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
    std::shared_ptr<Peer> old;  // its thread is joined without the lock
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Peer>& peer = peers_[node];
    if (!peer || peer->address() != address) {
        old = std::exchange(peer, std::make_shared<Peer>(node, store_, address, credentials_, authorize_, wall_ms_));
    }
}

void GrpcTransport::forget(raft::NodeId node) {
    std::shared_ptr<Peer> old;
    const std::lock_guard lock(mutex_);
    if (const auto found = peers_.find(node); found != peers_.end()) {
        old = std::move(found->second);
        peers_.erase(found);
    }
}

void GrpcTransport::send(raft::Message message) {
    const std::lock_guard lock(mutex_);
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
