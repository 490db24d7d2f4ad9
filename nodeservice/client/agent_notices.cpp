#include "nodeservice/client/agent_notices.h"

#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/agent_paths.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/agent.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace tessera::client {

namespace {

AgentNotice toNotice(const v1::AgentNotice& message) {
    return {static_cast<AgentNotice::Event>(message.event()),
            message.profile(),
            message.run(),
            message.job(),
            message.state(),
            message.error(),
            message.node(),
            message.at_ms()};
}

}  // namespace

Result<> followNotices(const std::function<void(const AgentNotice&)>& sink, const std::stop_token& stop) {
    // It says whether an agent is there, and may be spoken to.
    TSR_TRY(AgentClient::connect());
    return followNoticesAt(agentPaths().socket, sink, stop);
}

Result<> followNoticesAt(const std::filesystem::path& socket, const std::function<void(const AgentNotice&)>& sink,
                         const std::stop_token& stop) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const auto stub = v1::Agent::NewStub(
        grpc::CreateCustomChannel("unix:" + socket.string(), grpc::InsecureChannelCredentials(), arguments));
    grpc::ClientContext context;
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    const auto reader = stub->Notices(&context, v1::AgentNoticesRequest());
    for (v1::AgentNotice message; reader->Read(&message);) {
        sink(toNotice(message));
    }
    const grpc::Status status = reader->Finish();
    return status.ok() ? Result<>() : Result<>(toError(status));
}

}  // namespace tessera::client
