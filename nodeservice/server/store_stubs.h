#pragma once

/// Calls to the other members' StoreForward. The channels are kept. Any thread.

#include "common/result.h"

#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>

namespace grpc {
class ChannelCredentials;
class ClientContext;
}  // namespace grpc

namespace tessera::v1 {
class StoreExecuteRequest;
class StoreExecuteResponse;
class StoreQueryEvent;
class StoreQueryRequest;
}  // namespace tessera::v1

namespace tessera::server {

class StoreStubs {
  public:
    explicit StoreStubs(std::shared_ptr<grpc::ChannelCredentials> credentials);
    ~StoreStubs();

    /// All that is given lives until `done`, which comes in a thread of gRPC's.
    void execute(const std::string& address, grpc::ClientContext& context, const v1::StoreExecuteRequest& request,
                 v1::StoreExecuteResponse& answer, std::function<void(const grpc::Status&)> done);

    /// Waits. An error of `sink` ends it and is the result.
    Result<> query(const std::string& address, grpc::ClientContext& context, const v1::StoreQueryRequest& request,
                   const std::function<Result<>(const v1::StoreQueryEvent&)>& sink);

  private:
    class Channels;

    const std::unique_ptr<Channels> channels_;
};

}  // namespace tessera::server
