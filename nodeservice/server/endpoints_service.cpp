#include "nodeservice/client/grpc_status.h"
#include "nodeservice/endpoints/export/export.h"
#include "nodeservice/endpoints/service/describe.h"
#include "nodeservice/endpoints/service/endpoints.h"
#include "nodeservice/endpoints/service/make_tables.h"
#include "nodeservice/proto/endpoints.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/services.h"

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace tessera::server {

namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMostCalls = 256;

void fill(v1::EndpointVersion& out, const endpoints::StoredVersion& version) {
    out.set_version(version.bundle.version);
    out.set_author(version.bundle.author);
    out.set_at_ms(version.at_ms);
    out.set_served(version.is_served);
}

std::string wordsOf(const std::vector<endpoints::Parameter>& parameters) {
    std::string words;
    for (const endpoints::Parameter& parameter : parameters) {
        words += (words.empty() ? "" : ", ") + parameter.name + " " + nameOf(parameter.type) +
                 (parameter.is_list ? "[]" : "") + (parameter.is_required ? "" : "?");
    }
    return words;
}

void fill(v1::EndpointInfo& out, const endpoints::Endpoints::Served& served) {
    out.set_name(served.name);
    out.set_version(served.version);
    if (!served.endpoint) {
        out.set_problem(served.endpoint.error().describe());
        return;
    }
    const endpoints::Published& endpoint = **served.endpoint;
    out.set_documentation(endpoint.definition.documentation);
    out.set_author(endpoint.author);
    out.set_at_ms(endpoint.at_ms);
    out.set_parameters(wordsOf(endpoint.definition.parameters));
    out.set_writes(endpoint.definition.writes);
    out.mutable_roles()->Add(endpoint.definition.roles.begin(), endpoint.definition.roles.end());
    out.mutable_tags()->Add(endpoint.definition.tags.begin(), endpoint.definition.tags.end());
}

class AuthorSession final : public endpoints::AuthorDatabase {
  public:
    explicit AuthorSession(postgres::Connection& connection) : connection_(connection) {}

    Result<std::vector<endpoints::ResultColumn>> describe(const endpoints::Definition& definition) override {
        if (!is_open_) {
            return endpoints::describe(connection_, definition);
        }
        // What is wrong with one endpoint must not end the transaction that the others are described in.
        TSR_TRY(connection_.execute("SAVEPOINT described"));
        auto columns = endpoints::describe(connection_, definition);
        TSR_TRY(connection_.execute("ROLLBACK TO described"));
        return columns;
    }

    Result<std::vector<std::string>> makeTables(const std::vector<endpoints::ModelTable>& tables) override {
        is_open_ = true;
        return endpoints::makeTables(connection_, tables);
    }

    Result<> keepTables() override {
        is_open_ = false;
        return connection_.execute("COMMIT");
    }

  private:
    postgres::Connection& connection_;
    bool is_open_ = false;
};

std::string percentEncoded(const std::string& text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return encoded;
}

/// The REST API's answer to one call, as one message. The call ends with it.
class WholeAnswer final : public gateway::HttpExchange {
  public:
    /// Both live until Finish().
    WholeAnswer(Context* call, Reactor* reactor, v1::CallEndpointResponse* answer)
        : call_(call), reactor_(reactor), answer_(answer) {}

    WholeAnswer(const WholeAnswer&) = delete;
    WholeAnswer& operator=(const WholeAnswer&) = delete;

    ~WholeAnswer() override { end(); }

    void respond(gateway::HttpResponse response) override {
        if (response.shared_body) {
            response.body = *response.shared_body;
        }
        begin(std::move(response));
        end();
    }

    void begin(gateway::HttpResponse head) override {
        if (is_ended_) {
            return;
        }
        answer_->set_status(static_cast<std::uint32_t>(head.status));
        addHeader("Content-Type", head.content_type);
        for (const auto& [name, value] : head.headers) {
            addHeader(name, value);
        }
        write(std::move(head.body));
    }

    void upgrade(std::vector<std::pair<std::string, std::string>>) override { end(); }

    void write(std::string part) override {
        if (is_ended_) {
            return;
        }
        std::string& body = *answer_->mutable_body();
        const std::size_t room = kMostBytes - body.size();
        body.append(part, 0, room);
        if (part.size() > room) {
            answer_->set_is_cut(true);
            is_full_ = true;
        }
    }

    void end() override {
        if (std::exchange(is_ended_, true)) {
            return;
        }
        reactor_->Finish(answer_->status() != 0
                             ? grpc::Status::OK
                             : client::toStatus(fail(ErrorCode::kUnavailable, "the node gave no answer", "try again")));
    }

    bool waitForRoom(Time) override { return !isGone(); }

    bool isGone() const override { return is_ended_ || is_full_ || call_->IsCancelled(); }

  private:
    static constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

    void addHeader(const std::string& name, const std::string& value) {
        v1::HttpHeader& added = *answer_->add_headers();
        added.set_name(name);
        added.set_value(value);
    }

    Context* const call_;
    Reactor* const reactor_;
    v1::CallEndpointResponse* const answer_;
    bool is_ended_ = false;
    bool is_full_ = false;
};

class EndpointsService final : public v1::Endpoints::CallbackService {
  public:
    explicit EndpointsService(EndpointsContext context)
        : context_(std::move(context)), workers_("endpoints", kThreads, kMostCalls) {}

    Reactor* ListEndpoints(Context* call, const v1::ListEndpointsRequest*, v1::ListEndpointsResponse* answer) override {
        return answerWith(call, [this, answer](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkRead(who.role));
            const auto usage = context_.endpoints.usage();
            for (const auto& served : TSR_TRY(context_.endpoints.list())) {
                v1::EndpointInfo& added = *answer->add_endpoints();
                fill(added, served);
                if (const auto found = usage.find(served.name); found != usage.end()) {
                    added.set_calls(found->second.calls);
                    added.mutable_callers()->Add(found->second.roles.begin(), found->second.roles.end());
                }
            }
            return {};
        });
    }

    Reactor* GetEndpoint(Context* call, const v1::GetEndpointRequest* request,
                         v1::GetEndpointResponse* answer) override {
        return answerWith(call, [this, request, answer](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkRead(who.role));
            const auto versions = TSR_TRY(context_.endpoints.versions(request->name()));
            if (versions.empty()) {
                TSR_TRY(context_.endpoints.find(request->name()));
            }
            const endpoints::StoredVersion* wanted = nullptr;
            for (const endpoints::StoredVersion& version : versions) {
                fill(*answer->add_versions(), version);
                const bool is_it =
                    request->version() == 0 ? version.is_served : version.bundle.version == request->version();
                wanted = is_it ? &version : wanted;
            }
            if (wanted == nullptr && request->version() != 0) {
                return fail(
                    ErrorCode::kNotFound,
                    "the endpoint '" + request->name() + "' has no version " + std::to_string(request->version()),
                    "its newest is " + std::to_string(versions.front().bundle.version));
            }
            wanted = wanted == nullptr ? &versions.front() : wanted;
            fill(*answer->mutable_version(), *wanted);
            answer->set_text(wanted->bundle.source);
            return {};
        });
    }

    Reactor* ListModels(Context* call, const v1::ListModelsRequest*, v1::ListModelsResponse* answer) override {
        return answerWith(call, [this, answer](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkRead(who.role));
            for (const auto& model : TSR_TRY(context_.endpoints.models())) {
                v1::ModelInfo& added = *answer->add_models();
                added.set_name(model.name);
                added.set_file_version(model.file_version);
                added.set_author(model.author);
                added.set_at_ms(model.at_ms);
            }
            return {};
        });
    }

    Reactor* CallEndpoint(Context* call, const v1::CallEndpointRequest* request,
                          v1::CallEndpointResponse* answer) override {
        Reactor* reactor = call->DefaultReactor();
        const identity::CallCredentials credentials = credentialsOf(*call);
        gateway::HttpRequest http;
        http.method = request->method();
        http.path = "/api/v1/endpoints/" + percentEncoded(request->name());
        http.query = request->query();
        http.body = request->body();
        http.headers = {{"authorization", credentials.authorization},
                        {"accept", request->accept().empty() ? "application/json" : request->accept()}};
        if (!credentials.role.empty()) {
            http.headers["tessera-role"] = credentials.role;
        }
        if (!http.body.empty()) {
            http.headers["content-type"] = "application/json";
        }
        http.peer = {credentials.peer, credentials.is_protected, credentials.connection};
        context_.http(std::move(http), std::make_shared<WholeAnswer>(call, reactor, answer));
        return reactor;
    }

    Reactor* ExportEndpoints(Context* call, const v1::ExportEndpointsRequest* request,
                             v1::ExportEndpointsResponse* answer) override {
        return answerWith(call, [this, request, answer](const identity::Principal& who) -> Result<> {
            const auto format = endpoints::exportFormatOf(request->format());
            if (!format) {
                return fail(ErrorCode::kInvalidArgument, "'" + request->format() + "' is not known here",
                            "openapi, json-schema, ts, jsdoc, python or go");
            }
            auto callable = TSR_TRY(context_.endpoints.callable(who.role));
            const std::set<std::string> names(request->names().begin(), request->names().end());
            std::erase_if(callable, [&names](const auto& endpoint) {
                return !names.empty() && !names.contains(endpoint->definition.name);
            });
            answer->set_text(exportAs(*format, callable));
            return {};
        });
    }

    Reactor* ApplyEndpoints(Context* call, const v1::ApplyEndpointsRequest* request,
                            v1::ApplyEndpointsResponse* answer) override {
        return answerWith(call, [this, request, answer](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkPublish(who.role));
            return apply(who, *request, *answer);
        });
    }

    Reactor* RemoveEndpoint(Context* call, const v1::RemoveEndpointRequest* request,
                            v1::RemoveEndpointResponse*) override {
        return answerWith(call, [this, request](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkPublish(who.role));
            return context_.endpoints.remove(request->name());
        });
    }

    Reactor* InvalidateEndpoints(Context* call, const v1::InvalidateEndpointsRequest* request,
                                 v1::InvalidateEndpointsResponse* answer) override {
        return answerWith(call, [this, request, answer](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.rights.checkPublish(who.role));
            const auto names = TSR_TRY(context_.endpoints.invalidate({request->tag()}));
            answer->mutable_endpoints()->Add(names.begin(), names.end());
            return {};
        });
    }

  private:
    Result<> apply(const identity::Principal& who, const v1::ApplyEndpointsRequest& request,
                   v1::ApplyEndpointsResponse& answer) {
        std::vector<endpoints::File> files;
        for (const v1::EndpointFile& file : request.files()) {
            files.push_back({file.origin(), file.text()});
        }
        // The author's own rights say which tables there are.
        auto session = TSR_TRY(context_.sessions.acquire(who));
        AuthorSession database(session.connection());
        const auto applied = context_.endpoints.apply(
            files, {.author = who.role, .is_dry = request.dry_run(), .allows_breaking = request.allow_breaking()},
            database);
        // With what was made and is not kept.
        session.giveBack();
        if (!applied) {
            return applied.error();
        }
        for (const endpoints::AppliedEndpoint& one : applied->endpoints) {
            v1::AppliedEndpoint& added = *answer.add_endpoints();
            added.set_name(one.name);
            added.set_change(static_cast<v1::EndpointChange>(one.change));
            added.set_version(one.version);
            added.set_diff(one.diff);
            added.mutable_breaking()->Add(one.breaking.begin(), one.breaking.end());
        }
        answer.mutable_table_changes()->Add(applied->table_changes.begin(), applied->table_changes.end());
        for (const Error& problem : applied->problems) {
            v1::EndpointProblem& added = *answer.add_problems();
            added.set_message(problem.message);
            added.set_hint(problem.hint);
        }
        return {};
    }

    /// Request and answer live until Finish().
    template <class Ask>
    Reactor* answerWith(Context* call, Ask ask) {
        Reactor* reactor = call->DefaultReactor();
        const bool is_taken = workers_.trySubmit([this, reactor, ask, credentials = credentialsOf(*call)] {
            const auto done = [&]() -> Result<> {
                return ask(TSR_TRY(context_.authenticator.authenticate(credentials)));
            }();
            reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        if (!is_taken) {
            reactor->Finish(client::toStatus(fail(
                ErrorCode::kResourceExhausted, "the node has too many requests for endpoints at once", "try again")));
        }
        return reactor;
    }

    const EndpointsContext context_;
    WorkerPool workers_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeEndpointsService(EndpointsContext context) {
    return std::make_unique<EndpointsService>(std::move(context));
}

}  // namespace tessera::server
