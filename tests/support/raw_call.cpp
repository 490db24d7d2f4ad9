#include "tests/support/raw_call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <vector>

namespace tessera {

struct RawCaller::Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer answer;
    std::promise<Outcome> outcome;
    std::promise<void> ended;
};

struct RawCaller::Connection {
    grpc::GenericStub stub;
    std::vector<std::unique_ptr<Call>> calls = {};
};

RawCaller::RawCaller(std::uint16_t port) {
    static std::atomic<int> number = 0;
    // gRPC shares connections among channels whose arguments are the same.
    grpc::ChannelArguments own;
    own.SetInt("tests.connection", ++number);
    connection_ = std::make_unique<Connection>(Connection{grpc::GenericStub(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), own))});
}

RawCaller::~RawCaller() {
    for (const auto& call : connection_->calls) {
        call->context.TryCancel();
        call->ended.get_future().wait();
    }
}

std::future<RawCaller::Outcome> RawCaller::start(const std::string& method, std::string_view request,
                                                 const std::string& token, std::chrono::seconds deadline) {
    Call& call = *connection_->calls.emplace_back(std::make_unique<Call>());
    const grpc::Slice bytes(request.data(), request.size(), grpc::Slice::STATIC_SLICE);
    call.request = grpc::ByteBuffer(&bytes, 1);
    if (!token.empty()) {
        call.context.AddMetadata("authorization", "Bearer " + token);
    }
    call.context.set_deadline(std::chrono::system_clock::now() + deadline);
    auto outcome = call.outcome.get_future();
    connection_->stub.UnaryCall(&call.context, "/" + method, {}, &call.request, &call.answer,
                                [&call](const grpc::Status& status) {
                                    call.outcome.set_value({status.error_code(), status.error_message()});
                                    call.ended.set_value();
                                });
    return outcome;
}

}  // namespace tessera
