#include "agent/relay/relay_service.h"

#include "agent/relay/node_channel.h"
#include "nodeservice/client/call.h"
#include "nodeservice/client/grpc_status.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace tessera::agent {

namespace {

/// What passes from the caller to the node; the rest is gRPC's own, or names who the caller would like to be.
bool mayPass(const std::string& name) {
    static const std::set<std::string> kOwn{
        client::kProfileMetadata, client::kNodeMetadata,  client::kBackgroundMetadata,
        "authorization",          "user-agent",           "te",
        "content-type",           "grpc-accept-encoding", "accept-encoding",
        "grpc-encoding",          "grpc-timeout",         "host"};
    return !name.starts_with(':') && kOwn.count(name) == 0;
}

/// A call from its two ends: the caller's, which gRPC made, and the node's, which is begun when the token is there.
/// Lives until both have ended.
class Call final : public std::enable_shared_from_this<Call> {
  public:
    Call(grpc::GenericCallbackServerContext& context, Access& access)
        : context_(context), access_(access), caller_(*this), node_(*this) {}

    grpc::ServerGenericBidiReactor* begin() {
        caller_self_ = shared_from_this();
        access_.find(metadata(client::kProfileMetadata), metadata(client::kNodeMetadata),
                     [self = shared_from_this()](Result<NodeAccess> access) { self->connect(std::move(access)); });
        return &caller_;
    }

  private:
    struct Caller final : grpc::ServerGenericBidiReactor {
        explicit Caller(Call& owner) : call(owner) {}

        void OnReadDone(bool ok) override { call.requestCame(ok); }

        void OnWriteDone(bool ok) override { call.answerWritten(ok); }

        void OnCancel() override { call.callerCancelled(); }

        void OnDone() override { const std::shared_ptr<Call> last = std::move(call.caller_self_); }

        Call& call;
    };

    struct Node final : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
        explicit Node(Call& owner) : call(owner) {}

        void OnReadInitialMetadataDone(bool ok) override { call.headersCame(ok); }

        void OnReadDone(bool ok) override { call.answerCame(ok); }

        void OnWriteDone(bool ok) override { call.requestWritten(ok); }

        void OnDone(const grpc::Status& status) override {
            const std::shared_ptr<Call> last = std::move(call.node_self_);
            call.nodeEnded(status);
        }

        Call& call;
    };

    std::string metadata(const char* name) const {
        const auto found = context_.client_metadata().find(name);
        return found == context_.client_metadata().end() ? std::string()
                                                         : std::string(found->second.data(), found->second.size());
    }

    void connect(Result<NodeAccess> access) {
        const auto use =
            metadata(client::kBackgroundMetadata).empty() ? client::LinkUse::kPerson : client::LinkUse::kBackground;
        auto channel = access ? channelTo(access->node, use) : Result<std::shared_ptr<grpc::Channel>>(access.error());
        const std::lock_guard lock(mutex_);
        if (!channel || is_cancelled_) {
            caller_.Finish(channel ? grpc::Status::CANCELLED : client::toStatus(channel.error()));
            return;
        }
        endpoint_.address.name = access->node.name;
        endpoint_.address.address = access->node.address;
        endpoint_.channel = std::move(*channel);
        for (const auto& [name, value] : context_.client_metadata()) {
            const std::string text(name.data(), name.size());
            if (mayPass(text)) {
                node_context_.AddMetadata(text, std::string(value.data(), value.size()));
            }
        }
        node_context_.AddMetadata("authorization", "Bearer " + access->token.reveal());
        node_context_.set_deadline(context_.deadline());
        stub_.emplace(endpoint_.channel);
        stub_->PrepareBidiStreamingCall(&node_context_, context_.method(), {}, &node_);
        node_self_ = shared_from_this();
        is_open_ = true;
        // What the caller's side begins on the node's side is begun from outside of its reactions: the hold keeps the
        // node's side from ending until nothing more can come (answerCame).
        node_.AddHold();
        node_.StartRead(&answer_);
        node_.StartCall();
        caller_.StartRead(&request_);
    }

    void requestCame(bool ok) {
        const std::lock_guard lock(mutex_);
        if (!is_open_) {
            return;
        }
        if (ok) {
            node_.StartWrite(&request_);
        } else {
            node_.StartWritesDone();
        }
    }

    void requestWritten(bool ok) {
        const std::lock_guard lock(mutex_);
        if (ok && is_open_) {
            caller_.StartRead(&request_);
        }
    }

    void headersCame(bool ok) {
        const std::lock_guard lock(mutex_);
        if (!ok) {
            return;
        }
        for (const auto& [name, value] : node_context_.GetServerInitialMetadata()) {
            if (mayPass(std::string(name.data(), name.size()))) {
                context_.AddInitialMetadata(std::string(name.data(), name.size()),
                                            std::string(value.data(), value.size()));
            }
        }
    }

    void answerCame(bool ok) {
        {
            const std::lock_guard lock(mutex_);
            if (ok && !is_cancelled_) {
                caller_.StartWrite(&answer_);
                return;
            }
            is_open_ = ok;
        }
        // Of a caller that has gone, what still comes is read and dropped until the end.
        if (ok) {
            node_.StartRead(&answer_);
        } else {
            node_.RemoveHold();
        }
    }

    void answerWritten(bool ok) {
        if (!ok) {
            node_context_.TryCancel();
        }
        node_.StartRead(&answer_);
    }

    void callerCancelled() {
        const std::lock_guard lock(mutex_);
        is_cancelled_ = true;
        if (is_open_) {
            node_context_.TryCancel();
        }
    }

    void nodeEnded(const grpc::Status& status) {
        for (const auto& [name, value] : node_context_.GetServerTrailingMetadata()) {
            const std::string text(name.data(), name.size());
            // The status goes by Finish().
            if (mayPass(text) && !text.starts_with("grpc-")) {
                context_.AddTrailingMetadata(text, std::string(value.data(), value.size()));
            }
        }
        const bool is_unreachable =
            status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
        caller_.Finish(is_unreachable ? client::toStatus(client::callError(status, endpoint_)) : status);
    }

    grpc::GenericCallbackServerContext& context_;
    Access& access_;
    // Reads and writes of the two ends meet here. Recursive: gRPC may react within the call that begins something.
    std::recursive_mutex mutex_;
    bool is_open_ = false;       // guarded by mutex_: may more be begun at the node's side?
    bool is_cancelled_ = false;  // guarded by mutex_
    client::Endpoint endpoint_;
    std::optional<grpc::GenericStub> stub_;
    grpc::ClientContext node_context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
    Caller caller_;
    Node node_;
    std::shared_ptr<Call> caller_self_;
    std::shared_ptr<Call> node_self_;
};

class RelayService final : public grpc::CallbackGenericService {
  public:
    explicit RelayService(Access& access) : access_(access) {}

    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
        return std::make_shared<Call>(*context, access_)->begin();
    }

  private:
    Access& access_;
};

}  // namespace

std::unique_ptr<grpc::CallbackGenericService> makeRelayService(Access& access) {
    return std::make_unique<RelayService>(access);
}

}  // namespace tessera::agent
