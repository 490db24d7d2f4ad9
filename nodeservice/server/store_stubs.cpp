#include "nodeservice/server/store_stubs.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store_peer.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace tessera::server {

class StoreStubs::Channels {
  public:
    explicit Channels(std::shared_ptr<grpc::ChannelCredentials> credentials) : credentials_(std::move(credentials)) {}

    std::shared_ptr<v1::StoreForward::Stub> at(const std::string& address) {
        const std::lock_guard lock(mutex_);
        std::shared_ptr<v1::StoreForward::Stub>& stub = stubs_[address];
        if (!stub) {
            stub = v1::StoreForward::NewStub(kept(grpc::CreateChannel(address, credentials_)));
        }
        return stub;
    }

  private:
    /// For ever: gRPC 1.51 joins its callback threads when the last channel goes, which a callback must not do.
    static std::shared_ptr<grpc::Channel> kept(std::shared_ptr<grpc::Channel> channel) {
        static std::mutex mutex;
        static auto& channels = *new std::vector<std::shared_ptr<grpc::Channel>>;
        const std::lock_guard lock(mutex);
        return channels.emplace_back(std::move(channel));
    }

    const std::shared_ptr<grpc::ChannelCredentials> credentials_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<v1::StoreForward::Stub>> stubs_;  // guarded by mutex_
};

StoreStubs::StoreStubs(std::shared_ptr<grpc::ChannelCredentials> credentials)
    : channels_(std::make_unique<Channels>(std::move(credentials))) {}

StoreStubs::~StoreStubs() = default;

void StoreStubs::execute(const std::string& address, grpc::ClientContext& context,
                         const v1::StoreExecuteRequest& request, v1::StoreExecuteResponse& answer,
                         std::function<void(const grpc::Status&)> done) {
    channels_->at(address)->async()->Execute(&context, &request, &answer,
                                             [done = std::move(done)](const grpc::Status& status) { done(status); });
}

Result<> StoreStubs::query(const std::string& address, grpc::ClientContext& context,
                           const v1::StoreQueryRequest& request,
                           const std::function<Result<>(const v1::StoreQueryEvent&)>& sink) {
    const auto reader = channels_->at(address)->Query(&context, request);
    v1::StoreQueryEvent event;
    while (reader->Read(&event)) {
        if (const auto taken = sink(event); !taken) {
            context.TryCancel();
            static_cast<void>(reader->Finish());
            return taken;
        }
    }
    const grpc::Status status = reader->Finish();
    return status.ok() ? Result<>() : Result<>(client::toError(status));
}

}  // namespace tessera::server
