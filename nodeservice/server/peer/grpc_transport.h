#pragma once

/// Messages between members over gRPC: one long stream to each peer, on which everything that waits goes as one batch.
/// Who sends writes to the stream itself, unless a write is under way: then it waits for the next batch, up to a
/// number, beyond which messages are lost, as Raft allows. A thread a peer opens the streams.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/store/driver/transport.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

namespace grpc {
class CallbackServerContext;
class ChannelCredentials;
class Service;
}  // namespace grpc

namespace tessera::store {

/// What members say to each other, and how. Raised when a member of before would misunderstand it.
inline constexpr std::uint32_t kPeerProtocol = 2;
/// What may wait to be sent to one member, besides what is on its way: a member that takes nothing costs no more
/// memory. Its newest messages are lost; Raft sends again what is missed, and what is small (heartbeats, votes) still
/// fits.
inline constexpr std::size_t kMostWaitingPeerBytes = std::size_t{16} << 20U;
/// Clocks further apart than this are told of. Nothing depends on them but the times that statements see: leases and
/// elections go by clocks that only measure.
inline constexpr std::chrono::milliseconds kMostClockSkew{30'000};

/// The time that people read, in milliseconds since 1970.
std::int64_t systemWallMs();

/// How this member shows another who it is: the authorization metadata of its calls. Asked anew for each stream.
using Authorize = std::function<Result<std::string>(raft::NodeId to)>;

class GrpcTransport : public Transport {
  public:
    /// `store`: the store's name, which both ends must share.
    GrpcTransport(std::string store, std::shared_ptr<grpc::ChannelCredentials> credentials, Authorize authorize,
                  std::function<std::int64_t()> wall_ms = systemWallMs);
    ~GrpcTransport() override;

    GrpcTransport(const GrpcTransport&) = delete;
    GrpcTransport& operator=(const GrpcTransport&) = delete;

    /// Where a member is reached, "host:port"; another address replaces the one before.
    void setAddress(raft::NodeId node, const std::string& address);
    void forget(raft::NodeId node);

    void send(raft::Message message) override;

    /// That have not been given to the network yet. Any thread.
    std::size_t waitingBytes(raft::NodeId node) const;

  private:
    class Peer;

    const std::string store_;
    const std::shared_ptr<grpc::ChannelCredentials> credentials_;
    const Authorize authorize_;
    const std::function<std::int64_t()> wall_ms_;
    mutable std::shared_mutex mutex_;
    std::map<raft::NodeId, std::unique_ptr<Peer>> peers_;  // guarded by mutex_
};

/// What the server of the other end must let through: a batch that is full but for one byte, and a message with one
/// command of the largest size.
inline constexpr int kMaxPeerBatchBytes = 16 << 20;

/// All of it outlives the server that the service runs on.
struct PeerContext {
    std::string store;
    /// Must not wait.
    std::function<void(raft::Message)> receive;
    /// Which member calls: its messages are taken, and no others. May block.
    std::function<Result<raft::NodeId>(const grpc::CallbackServerContext&)> admit;
    WorkerPool& workers;
    /// By how much a member's clock is ahead of this one's, when that is more than kMostClockSkew: once, until it is
    /// not any more. Any thread; must not wait.
    std::function<void(raft::NodeId, std::chrono::milliseconds ahead)> on_clock_skew = {};
    std::function<std::int64_t()> wall_ms = systemWallMs;
};

/// The other end.
std::unique_ptr<grpc::Service> makeStorePeerService(PeerContext context);

}  // namespace tessera::store
