#pragma once

/// Messages between members over gRPC: one long stream to each peer, on which everything that waits goes as one batch.
/// A thread a peer; what does not fit its mailbox is lost, as Raft allows.

#include "nodeservice/store/driver/transport.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace grpc {
class ChannelCredentials;
class Service;
}  // namespace grpc

namespace tessera::store {

class GrpcTransport : public Transport {
  public:
    /// `store`: the store's name, which both ends must share.
    GrpcTransport(std::string store, std::shared_ptr<grpc::ChannelCredentials> credentials);
    ~GrpcTransport() override;

    GrpcTransport(const GrpcTransport&) = delete;
    GrpcTransport& operator=(const GrpcTransport&) = delete;

    /// Where a member is reached, "host:port"; another address replaces the one before.
    void setAddress(raft::NodeId node, const std::string& address);
    void forget(raft::NodeId node);

    void send(raft::Message message) override;

  private:
    class Peer;

    const std::string store_;
    const std::shared_ptr<grpc::ChannelCredentials> credentials_;
    std::mutex mutex_;
    std::map<raft::NodeId, std::shared_ptr<Peer>> peers_;
};

/// What the server of the other end must let through: a batch that is full but for one byte, and a message with one
/// command of the largest size.
inline constexpr int kMaxPeerBatchBytes = 16 << 20;

/// The other end: `receive` must not wait, and is called until the server it runs on is stopped.
std::unique_ptr<grpc::Service> makeStorePeerService(std::string store, std::function<void(raft::Message)> receive);

}  // namespace tessera::store
