#include "nodeservice/proto/store_peer.grpc.pb.h"
#include "nodeservice/server/peer/grpc_transport.h"
#include "nodeservice/server/peer/message_codec.h"

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <utility>

namespace tessera::store {

namespace {

class PeerService final : public v1::StorePeer::CallbackService {
  public:
    PeerService(std::string store, std::function<void(raft::Message)> receive)
        : store_(std::move(store)), receive_(std::move(receive)) {}

    grpc::ServerReadReactor<v1::PeerBatch>* Deliver(grpc::CallbackServerContext* /*context*/,
                                                    v1::PeerBatchesEnd* /*end*/) override {
        return new Stream(*this);
    }

  private:
    /// gRPC calls OnDone last; it deletes itself there.
    class Stream final : public grpc::ServerReadReactor<v1::PeerBatch> {
      public:
        explicit Stream(const PeerService& service) : service_(service) { StartRead(&batch_); }

        void OnReadDone(bool is_read) override {
            if (!is_read) {
                return Finish(grpc::Status::OK);
            }
            if (batch_.store() != service_.store_) {
                return Finish(
                    {grpc::StatusCode::FAILED_PRECONDITION,
                     "this node belongs to the store '" + service_.store_ + "', not to '" + batch_.store() + "'"});
            }
            for (v1::RaftMessage& one : *batch_.mutable_messages()) {
                auto message = decode(std::move(one));
                if (!message) {
                    return Finish({grpc::StatusCode::INVALID_ARGUMENT, message.error().message});
                }
                service_.receive_(std::move(*message));
            }
            StartRead(&batch_);
        }

        void OnDone() override { delete this; }

      private:
        const PeerService& service_;
        v1::PeerBatch batch_;
    };

    const std::string store_;
    const std::function<void(raft::Message)> receive_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeStorePeerService(std::string store, std::function<void(raft::Message)> receive) {
    return std::make_unique<PeerService>(std::move(store), std::move(receive));
}

}  // namespace tessera::store
