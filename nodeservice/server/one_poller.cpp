#include "nodeservice/server/one_poller.h"

#include "common/log.h"

#include <grpc/support/cpu.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <functional>
#include <future>
#include <utility>

namespace tessera::server {

namespace {

/// gRPC has two threads up to one core more.
constexpr unsigned kMostCores = 4;
constexpr std::chrono::seconds kPatience{30};

/// A call that is over before it begins and goes nowhere: its callback comes in one of gRPC's threads.
class VoidCall {
  public:
    void start(grpc::GenericStub& stub, std::function<void()> callback) {
        const grpc::Slice nothing("", grpc::Slice::STATIC_SLICE);
        request_ = grpc::ByteBuffer(&nothing, 1);
        context_.TryCancel();
        stub.UnaryCall(&context_, "/", {}, &request_, &answer_,
                       [this, callback = std::move(callback)](const grpc::Status& /*status*/) {
                           callback();
                           ended_.set_value();
                       });
    }

    std::future<void> end() { return ended_.get_future(); }

  private:
    grpc::ClientContext context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
    std::promise<void> ended_;
};

}  // namespace

struct OnePoller::Held {
    grpc::GenericStub stub{grpc::CreateChannel("unix:", grpc::InsecureChannelCredentials())};
    VoidCall call;
    std::promise<void> begun;
    std::promise<void> release;
    std::future<void> end;

    Held() : end(call.end()) {
        call.start(stub, [this] {
            begun.set_value();
            release.get_future().wait();
        });
        begun.get_future().wait();
    }

    ~Held() {
        release.set_value();
        end.wait();
    }
};

OnePoller::OnePoller() {
    if (gpr_cpu_num_cores() > kMostCores) {
        return;
    }
    held_ = std::make_unique<Held>();
    VoidCall probe;
    const std::future<void> end = probe.end();
    probe.start(held_->stub, [] {});
    if (end.wait_for(kPatience) != std::future_status::ready) {
        log::warn("grpc.one_thread", {{"hint", "gRPC has other threads than expected: it keeps all of them"}});
        held_.reset();
        end.wait();
    }
}

OnePoller::~OnePoller() = default;

}  // namespace tessera::server
