#include "agent/relay/job_grant.h"

#include "agent/relay/node_channel.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/jobs.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

namespace tessera::agent {

namespace {

/// The node asks the identity provider meanwhile.
constexpr std::chrono::seconds kPatience{90};

struct GrantCall {
    grpc::ClientContext context;
    v1::GiveGrantRequest request;
    v1::GiveGrantResponse answer;
    std::unique_ptr<v1::Jobs::Stub> stub;
};

}  // namespace

void giveGrant(const NodeAccess& access, const std::string& client, const client::JobGrantWish& wish,
               const Secret& refresh_token, std::function<void(Result<client::JobGranted>)> done) {
    auto channel = channelTo(access.node, client::LinkUse::kBackground);
    if (!channel) {
        done(channel.error());
        return;
    }
    const auto call = std::make_shared<GrantCall>();
    call->context.AddMetadata("authorization", "Bearer " + access.token.reveal());
    call->context.set_deadline(std::chrono::system_clock::now() + kPatience);
    call->request.set_job(wish.job);
    call->request.set_client(client);
    call->request.set_audience(access.node.audience);
    call->request.set_refresh_token(refresh_token.reveal());
    call->request.set_days(wish.days);
    call->stub = v1::Jobs::NewStub(std::move(*channel));
    call->stub->async()->GiveGrant(
        &call->context, &call->request, &call->answer, [call, done = std::move(done)](const grpc::Status& status) {
            const v1::JobGrant& grant = call->answer.grant();
            done(status.ok() ? Result<client::JobGranted>({grant.job(), grant.person(), grant.until_ms()})
                             : Result<client::JobGranted>(client::toError(status)));
        });
}

}  // namespace tessera::agent
