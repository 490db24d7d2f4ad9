#include "nodeservice/server/store_writes.h"

#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/store_stubs.h"
#include "nodeservice/server/store_values.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

namespace tessera::server {

namespace {

using std::chrono::milliseconds;
using store::Execution;
using store::raft::NodeId;

constexpr milliseconds kUsualTime{10'000};

store::Command toCommand(const v1::StoreExecuteRequest& request) {
    store::Command command;
    command.client = request.client();
    command.sequence = request.sequence();
    for (const v1::StoreStatement& statement : request.statements()) {
        command.statements.push_back(toStatement(statement));
    }
    command.keeps_rows = request.keeps_rows();
    if (request.has_restore()) {
        const v1::StoreRestoreStep& step = request.restore();
        command.statements.clear();
        command.restore = store::RestoreStep{.offset = step.offset(),
                                             .bytes = step.data(),
                                             .is_last = step.is_last(),
                                             .size = step.size(),
                                             .checksum = step.checksum(),
                                             .keeps_control_plane = !step.with_control_plane()};
    }
    if (request.is_control_plane()) {
        command.guarded_names = 0;
    }
    return command;
}

milliseconds leftUntil(store::Clock::Time deadline) {
    return std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
}

}  // namespace

milliseconds storeTimeOf(std::uint32_t asked_ms) {
    return asked_ms == 0 ? kUsualTime : milliseconds(asked_ms);
}

Error storeIsBusy() {
    return fail(ErrorCode::kResourceExhausted, "the node has too many requests for the store", "try again later");
}

struct StoreWrites::Write {
    const v1::StoreExecuteRequest& request;
    v1::StoreExecuteResponse& answer;
    bool may_forward = false;
    store::Clock::Time deadline;
    std::function<void()> done;
};

StoreWrites::StoreWrites(const StoreContext& context)
    : context_(context), stubs_(std::make_unique<StoreStubs>(context.channel_credentials)) {}

StoreWrites::~StoreWrites() = default;

void StoreWrites::execute(const v1::StoreExecuteRequest& request, v1::StoreExecuteResponse& answer, bool may_forward,
                          std::function<void()> done) {
    attempt(std::make_shared<Write>(Write{request, answer, may_forward,
                                          std::chrono::steady_clock::now() + storeTimeOf(request.timeout_ms()),
                                          std::move(done)}));
}

void StoreWrites::attempt(const std::shared_ptr<Write>& write) {
    context_.replica.execute(toCommand(write->request), write->deadline,
                             [this, write](const Execution& execution) { ended(write, execution); });
}

void StoreWrites::ended(const std::shared_ptr<Write>& write, const Execution& execution) {
    const bool is_others = execution.fate == Execution::Fate::kRefused && execution.leader != store::raft::kNoNode &&
                           execution.leader != context_.replica.status().id;
    fill(write->answer, execution);
    if (is_others) {
        fill(*write->answer.mutable_leader(), execution.leader, context_.facts_of);
    }
    const std::string address = is_others ? write->answer.leader().address() : std::string();
    if (write->may_forward && !address.empty()) {
        return forward(write, execution.leader, address);
    }
    finish(write);
}

void StoreWrites::forward(const std::shared_ptr<Write>& write, NodeId leader, const std::string& address) {
    struct Call {
        grpc::ClientContext context;
        v1::StoreExecuteRequest request;
        v1::StoreExecuteResponse answer;
    };

    const auto call = std::make_shared<Call>();
    const auto authorization = context_.authorize(leader);
    if (!authorization) {
        return finish(write);
    }
    const milliseconds left = std::max(milliseconds(1), leftUntil(write->deadline));
    call->request = write->request;
    call->request.set_timeout_ms(static_cast<std::uint32_t>(left.count()));
    call->context.set_deadline(std::chrono::system_clock::now() + left);
    call->context.AddMetadata("authorization", *authorization);
    stubs_->execute(
        address, call->context, call->request, call->answer, [this, write, call](const grpc::Status& status) {
            if (status.ok()) {
                write->answer = std::move(call->answer);
            } else {
                // It may have arrived there.
                fill(write->answer, {.fate = Execution::Fate::kUnknown,
                                     .error = fail(ErrorCode::kUnknown,
                                                   "whether the write was done is not known: the leader did not "
                                                   "answer: " +
                                                       status.error_message(),
                                                   "send it again with the same number to find out")});
            }
            finish(write);
        });
}

void StoreWrites::finish(const std::shared_ptr<Write>& write) {
    const bool has_no_effect = write->answer.fate() == v1::STORE_FATE_REFUSED &&
                               write->answer.error_code() == static_cast<std::uint32_t>(ErrorCode::kUnavailable);
    const bool is_safe = write->answer.fate() == v1::STORE_FATE_UNKNOWN && write->request.sequence() != 0;
    if (write->may_forward && (has_no_effect || is_safe) && leftUntil(write->deadline) > milliseconds(0) &&
        context_.replica.atNextTick([this, write] { attempt(write); })) {
        return;
    }
    write->done();
}

}  // namespace tessera::server
