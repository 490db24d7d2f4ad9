#pragma once

/// The REST API under /api/v1: statements, the catalog, the node, its jobs, its store. It signs callers in as gRPC's
/// are (identity:: Authenticator), runs their statements on the same executor, and describes itself at
/// /api/v1/openapi.json.
///
/// Thread: handle() belongs to the HTTP server's and returns at once; what blocks runs on the workers. What it is given
/// must outlive it, and the executor and the workers must have stopped before it goes.

#include "common/worker_pool.h"
#include "nodeservice/catalog/node_facts.h"
#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/identity/sign_in_throttle.h"
#include "nodeservice/query/executor.h"
#include "nodeservice/rest/endpoint_pages.h"
#include "nodeservice/rest/job_pages.h"
#include "nodeservice/rest/query_answer.h"
#include "nodeservice/rest/store_pages.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::rest {

struct RestOptions {
    /// Web pages of these origins may call ("https://app.example.org").
    std::vector<std::string> allowed_origins;
    std::size_t max_cursors = 8;
    std::chrono::seconds cursor_idle{60};
};

struct RestContext {
    catalog::NodeFacts facts;
    identity::Authenticator& authenticator;
    const identity::SignInThrottle& throttle;
    identity::SessionPool& sessions;
    WorkerPool& workers;
    query::Executor& executor;
    /// Null while the node has none.
    std::function<jobs::Jobs*()> jobs;
    jobs::Rights job_rights;
    /// The node's member of the replicated store.
    StorePages::Access store;
    /// Null while the node has none.
    std::function<endpoints::Endpoints*()> endpoints;
    /// Changes with what people may see, before whoever changes it is told.
    std::function<std::uint64_t()> policies;
};

class RestApi {
  public:
    static constexpr const char* kPrefix = "/api/";

    RestApi(RestContext context, RestOptions options);

    void handle(gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange);

  private:
    /// A request on its way to its answer.
    struct Call;
    using Session = postgres::Connection;

    void run(const std::shared_ptr<Call>& call);
    void dispatch(const std::shared_ptr<Call>& call);
    Result<identity::Principal> signIn(const Call& call);
    static identity::CallCredentials credentialsOf(const Call& call);
    void answer(Call& call, gateway::HttpResponse response) const;
    void answer(Call& call, const Result<nlohmann::ordered_json>& result) const;
    std::vector<std::pair<std::string, std::string>> corsHeaders(const gateway::HttpRequest& request) const;
    void preflight(Call& call) const;

    Result<nlohmann::ordered_json> describe(const Call& call);
    Result<nlohmann::ordered_json> describeNode(Session& session) const;

    static EndpointRequest endpointRequestOf(const std::shared_ptr<Call>& call);
    /// The call of an endpoint, without a worker; false: it needs one, and nothing is done.
    bool callAtOnce(const std::shared_ptr<Call>& call);
    Result<std::shared_ptr<query::Sink>> makeStream(const identity::Principal& principal,
                                                    const std::shared_ptr<query::Interrupt>& interrupt,
                                                    Destination destination,
                                                    std::function<std::unique_ptr<ResultWriter>()> make_writer);

    Result<> startQuery(const std::shared_ptr<Call>& call);
    Result<> continueQuery(const std::shared_ptr<Call>& call);
    Result<> cancelQuery(const std::shared_ptr<Call>& call);
    Result<> keep(const std::string& key, const std::shared_ptr<QueryAnswer>& query, bool is_paged);
    std::shared_ptr<QueryAnswer> find(const std::string& key);
    void forget(const std::string& key);

    const RestContext context_;
    const RestOptions options_;
    JobPages job_pages_;
    const StorePages store_pages_;
    EndpointPages endpoint_pages_;

    /// Slows down who guesses.

    struct Running {
        std::shared_ptr<QueryAnswer> query;
        bool is_paged = false;
    };

    std::mutex mutex_;
    std::map<std::string, Running> queries_;  // guarded by mutex_
};

/// The description of the API, OpenAPI 3.1.
const std::string& openApi();

}  // namespace tessera::rest
