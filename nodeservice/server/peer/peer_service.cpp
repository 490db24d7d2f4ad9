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
    explicit PeerService(PeerContext context) : context_(std::move(context)) {}

    grpc::ServerReadReactor<v1::PeerBatch>* Deliver(grpc::CallbackServerContext* call,
                                                    v1::PeerBatchesEnd* /*end*/) override {
        auto* stream = new Stream(context_);
        const bool is_taken =
            context_.workers.trySubmit([this, call, stream] { stream->begin(context_.admit(*call)); });
        if (!is_taken) {
            stream->Finish({grpc::StatusCode::UNAVAILABLE, "the node has too many calls"});
        }
        return stream;
    }

  private:
    /// gRPC calls OnDone last; it deletes itself there.
    class Stream final : public grpc::ServerReadReactor<v1::PeerBatch> {
      public:
        explicit Stream(const PeerContext& context) : context_(context) {}

        void begin(const Result<raft::NodeId>& from) {
            if (!from) {
                return Finish(from.error().code == ErrorCode::kUnavailable
                                  ? grpc::Status(grpc::StatusCode::UNAVAILABLE, from.error().message)
                                  : grpc::Status(grpc::StatusCode::UNAUTHENTICATED, from.error().message));
            }
            from_ = *from;
            StartRead(&batch_);
        }

        void OnReadDone(bool is_read) override {
            if (!is_read) {
                return Finish(grpc::Status::OK);
            }
            if (batch_.store() != context_.store) {
                return Finish(
                    {grpc::StatusCode::FAILED_PRECONDITION,
                     "this node belongs to the store '" + context_.store + "', not to '" + batch_.store() + "'"});
            }
            if (batch_.protocol() > kPeerProtocol) {
                return Finish({grpc::StatusCode::FAILED_PRECONDITION,
                               "member " + std::to_string(from_) + " of the store speaks version " +
                                   std::to_string(batch_.protocol()) +
                                   " of the members' protocol, and this node version " + std::to_string(kPeerProtocol) +
                                   ": bring all to one release"});
            }
            compareClocks();
            for (v1::RaftMessage& one : *batch_.mutable_messages()) {
                auto message = decode(std::move(one));
                if (!message) {
                    return Finish({grpc::StatusCode::INVALID_ARGUMENT, message.error().message});
                }
                if (message->from != from_) {
                    return Finish({grpc::StatusCode::PERMISSION_DENIED, "member " + std::to_string(from_) +
                                                                            " of the store speaks for member " +
                                                                            std::to_string(message->from)});
                }
                context_.receive(std::move(*message));
            }
            StartRead(&batch_);
        }

        void OnDone() override { delete this; }

      private:
        /// What waited a while on its way is little beside kMostClockSkew.
        void compareClocks() {
            const std::chrono::milliseconds ahead(batch_.time_ms() == 0 ? 0 : batch_.time_ms() - context_.wall_ms());
            const bool is_apart = std::chrono::abs(ahead) > kMostClockSkew;
            if (is_apart && !is_apart_ && context_.on_clock_skew) {
                context_.on_clock_skew(from_, ahead);
            }
            is_apart_ = is_apart;
        }

        const PeerContext& context_;
        bool is_apart_ = false;
        raft::NodeId from_ = raft::kNoNode;
        v1::PeerBatch batch_;
    };

    const PeerContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeStorePeerService(PeerContext context) {
    return std::make_unique<PeerService>(std::move(context));
}

}  // namespace tessera::store
