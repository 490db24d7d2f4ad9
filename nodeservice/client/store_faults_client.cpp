#include "nodeservice/client/store_faults_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/proto/store_faults.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

namespace tessera::client {

namespace {

constexpr std::chrono::seconds kCallTime{10};

StoreFaultsState toState(const v1::StoreFaultsState& in) {
    return {{in.is_isolated(),
             {in.cut().begin(), in.cut().end()},
             in.lost_percent(),
             std::chrono::milliseconds(in.delay_ms()),
             in.is_paused()},
            {in.counts().lost(), in.counts().cut(), in.counts().late()}};
}

class GrpcStoreFaultsClient final : public StoreFaultsClient {
  public:
    explicit GrpcStoreFaultsClient(std::shared_ptr<const Endpoint> endpoint)
        : endpoint_(std::move(endpoint)), stub_(v1::StoreFaults::NewStub(endpoint_->channel)) {}

    Result<StoreFaultsState> get() override {
        v1::StoreFaultsState answer;
        TSR_TRY(call(&v1::StoreFaults::StubInterface::Get, v1::StoreFaultsRequest(), answer));
        return toState(answer);
    }

    Result<StoreFaultsState> set(const StoreFaults& faults) override {
        v1::StoreFaultsState request;
        request.set_is_isolated(faults.is_isolated);
        request.mutable_cut()->Add(faults.cut.begin(), faults.cut.end());
        request.set_lost_percent(faults.lost_percent);
        request.set_delay_ms(static_cast<std::uint32_t>(faults.delay.count()));
        request.set_is_paused(faults.is_paused);
        v1::StoreFaultsState answer;
        TSR_TRY(call(&v1::StoreFaults::StubInterface::Set, request, answer));
        return toState(answer);
    }

    Result<> elect() override {
        v1::StoreElectResponse answer;
        return call(&v1::StoreFaults::StubInterface::Elect, v1::StoreElectRequest(), answer);
    }

  private:
    template <class Request, class Answer>
    Result<> call(grpc::Status (v1::StoreFaults::StubInterface::*method)(grpc::ClientContext*, const Request&, Answer*),
                  const Request& request, Answer& answer) {
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + kCallTime);
        const grpc::Status status = ((*stub_).*method)(&context, request, &answer);
        if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
            return fail(ErrorCode::kUnimplemented,
                        "node '" + endpoint_->address.name + "' is of no test cluster, and takes no faults",
                        "a test cluster's nodes have 'test_faults: true' in the section 'store'");
        }
        return status.ok() ? Result<>() : Result<>(callError(status, *endpoint_));
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::unique_ptr<v1::StoreFaults::StubInterface> stub_;
};

}  // namespace

Result<std::shared_ptr<StoreFaultsClient>> StoreFaultsClient::create(NodeAddress address) {
    return std::shared_ptr<StoreFaultsClient>(
        std::make_shared<GrpcStoreFaultsClient>(TSR_TRY(openEndpoint(std::move(address)))));
}

}  // namespace tessera::client
