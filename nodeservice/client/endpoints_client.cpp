#include "nodeservice/client/endpoints_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/endpoints.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

namespace tessera::client {

namespace {

constexpr std::chrono::seconds kCallTime{60};

EndpointVersion toVersion(const v1::EndpointVersion& in) {
    return {in.version(), in.author(), in.at_ms(), in.served()};
}

class GrpcEndpointsClient final : public EndpointsClient {
  public:
    explicit GrpcEndpointsClient(std::shared_ptr<const Endpoint> endpoint)
        : endpoint_(std::move(endpoint)), stub_(v1::Endpoints::NewStub(endpoint_->channel)) {}

    Result<std::vector<EndpointInfo>> list() override {
        v1::ListEndpointsResponse answer;
        TSR_TRY(call(&Stub::ListEndpoints, v1::ListEndpointsRequest(), answer));
        std::vector<EndpointInfo> all;
        for (const v1::EndpointInfo& one : answer.endpoints()) {
            all.push_back({one.name(),
                           one.version(),
                           one.documentation(),
                           one.author(),
                           one.at_ms(),
                           one.parameters(),
                           one.problem(),
                           one.calls(),
                           {one.callers().begin(), one.callers().end()},
                           one.writes(),
                           {one.roles().begin(), one.roles().end()},
                           {one.tags().begin(), one.tags().end()}});
        }
        return all;
    }

    Result<std::vector<ModelInfo>> models() override {
        v1::ListModelsResponse answer;
        TSR_TRY(call(&Stub::ListModels, v1::ListModelsRequest(), answer));
        std::vector<ModelInfo> all;
        for (const v1::ModelInfo& one : answer.models()) {
            all.push_back({one.name(), one.file_version(), one.author(), one.at_ms()});
        }
        return all;
    }

    Result<EndpointAnswer> call(const EndpointCall& what, const std::stop_token& stop) override {
        v1::CallEndpointRequest request;
        request.set_name(what.name);
        request.set_method(what.method);
        request.set_query(what.query);
        request.set_body(what.body);
        request.set_accept(what.accept);
        v1::CallEndpointResponse answer;
        TSR_TRY(call(&Stub::CallEndpoint, request, answer, stop));
        EndpointAnswer made{static_cast<int>(answer.status()), {}, answer.body(), answer.is_cut()};
        for (const v1::HttpHeader& header : answer.headers()) {
            made.headers.emplace_back(header.name(), header.value());
        }
        return made;
    }

    Result<EndpointDetails> get(const std::string& name, std::int64_t version) override {
        v1::GetEndpointRequest request;
        request.set_name(name);
        request.set_version(version);
        v1::GetEndpointResponse answer;
        TSR_TRY(call(&Stub::GetEndpoint, request, answer));
        EndpointDetails details{toVersion(answer.version()), answer.text(), {}};
        for (const v1::EndpointVersion& one : answer.versions()) {
            details.versions.push_back(toVersion(one));
        }
        return details;
    }

    Result<std::string> exportAs(const std::string& format, const std::vector<std::string>& names) override {
        v1::ExportEndpointsRequest request;
        request.set_format(format);
        request.mutable_names()->Add(names.begin(), names.end());
        v1::ExportEndpointsResponse answer;
        TSR_TRY(call(&Stub::ExportEndpoints, request, answer));
        return answer.text();
    }

    Result<EndpointApplication> apply(const std::vector<EndpointFile>& files, bool is_dry,
                                      bool allows_breaking) override {
        v1::ApplyEndpointsRequest request;
        for (const EndpointFile& file : files) {
            v1::EndpointFile& added = *request.add_files();
            added.set_origin(file.origin);
            added.set_text(file.text);
        }
        request.set_dry_run(is_dry);
        request.set_allow_breaking(allows_breaking);
        v1::ApplyEndpointsResponse answer;
        TSR_TRY(call(&Stub::ApplyEndpoints, request, answer));
        EndpointApplication application;
        for (const v1::AppliedEndpoint& one : answer.endpoints()) {
            application.endpoints.push_back({one.name(),
                                             static_cast<AppliedEndpoint::Change>(one.change()),
                                             one.version(),
                                             one.diff(),
                                             {one.breaking().begin(), one.breaking().end()}});
        }
        application.table_changes.assign(answer.table_changes().begin(), answer.table_changes().end());
        for (const v1::EndpointProblem& problem : answer.problems()) {
            application.problems.push_back(fail(ErrorCode::kInvalidArgument, problem.message(), problem.hint()));
        }
        return application;
    }

    Result<> remove(const std::string& name) override {
        v1::RemoveEndpointRequest request;
        request.set_name(name);
        v1::RemoveEndpointResponse answer;
        return call(&Stub::RemoveEndpoint, request, answer);
    }

    Result<std::vector<std::string>> invalidate(const std::string& tag) override {
        v1::InvalidateEndpointsRequest request;
        request.set_tag(tag);
        v1::InvalidateEndpointsResponse answer;
        TSR_TRY(call(&Stub::InvalidateEndpoints, request, answer));
        return std::vector<std::string>(answer.endpoints().begin(), answer.endpoints().end());
    }

  private:
    using Stub = v1::Endpoints::StubInterface;

    template <class Request, class Answer>
    Result<> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*), const Request& request,
                  Answer& answer, const std::stop_token& stop = {}) {
        grpc::ClientContext context;
        const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + kCallTime);
        const grpc::Status status = ((*stub_).*method)(&context, request, &answer);
        return status.ok() ? Result<>() : Result<>(callError(status, *endpoint_));
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::unique_ptr<Stub> stub_;
};

}  // namespace

Result<std::shared_ptr<EndpointsClient>> EndpointsClient::create(NodeAddress address) {
    return std::shared_ptr<EndpointsClient>(
        std::make_shared<GrpcEndpointsClient>(TSR_TRY(openEndpoint(std::move(address)))));
}

}  // namespace tessera::client
