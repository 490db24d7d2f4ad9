#include "nodeservice/server/one_poller.h"

#include <grpc/support/cpu.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace tessera::server {
namespace {

struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer answer;
    std::promise<void> ended;
};

/// In which threads the callbacks of so many calls come that go nowhere.
std::set<std::thread::id> threadsOfCallbacks(int calls) {
    grpc::GenericStub stub(grpc::CreateChannel("unix:", grpc::InsecureChannelCredentials()));
    std::mutex mutex;
    std::set<std::thread::id> threads;
    std::vector<std::unique_ptr<Call>> running;
    const grpc::Slice nothing("", grpc::Slice::STATIC_SLICE);
    for (int i = 0; i < calls; ++i) {
        Call& call = *running.emplace_back(std::make_unique<Call>());
        call.request = grpc::ByteBuffer(&nothing, 1);
        call.context.TryCancel();
        stub.UnaryCall(&call.context, "/", {}, &call.request, &call.answer, [&](const grpc::Status& /*status*/) {
            {
                const std::lock_guard lock(mutex);
                threads.insert(std::this_thread::get_id());
            }
            call.ended.set_value();
        });
    }
    for (const auto& call : running) {
        call->ended.get_future().wait();
    }
    return threads;
}

TEST(OnePollerTest, CallbacksComeInOneThreadWhereGrpcHasTwo) {
    const OnePoller poller;
    ASSERT_EQ(poller.isHolding(), gpr_cpu_num_cores() <= 4);
    if (poller.isHolding()) {
        EXPECT_EQ(threadsOfCallbacks(1000).size(), 1);
    }
}

TEST(OnePollerTest, AfterItsEndAllThreadsGoOn) {
    for (int i = 0; i < 10; ++i) {
        const OnePoller poller;
    }
    EXPECT_GE(threadsOfCallbacks(1000).size(), 1);
}

}  // namespace
}  // namespace tessera::server
