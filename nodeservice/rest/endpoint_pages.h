#pragma once

/// Endpoints over HTTP: which there are, and calls of them, each as the caller. Any thread; calls that wait for the
/// store do so on the API's workers, statements run on the executor.

#include "nodeservice/endpoints/serve/statement.h"
#include "nodeservice/endpoints/service/endpoints.h"
#include "nodeservice/identity/principal.h"
#include "nodeservice/query/executor.h"
#include "nodeservice/rest/answer_cache.h"
#include "nodeservice/rest/query_answer.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::rest {

/// One request, signed in.
struct EndpointRequest {
    /// Keeps what the references are to.
    std::shared_ptr<const void> alive;
    const gateway::HttpRequest& http;
    /// Behind /api/v1, "endpoints" first.
    const std::vector<std::string>& parts;
    const identity::Principal& principal;
    /// Role and person: who has the same shares what is kept.
    std::string owner;
    std::shared_ptr<gateway::HttpExchange> exchange;
    bool wants_gzip = false;
    std::vector<std::pair<std::string, std::string>> headers;
};

class EndpointPages {
  public:
    /// Makes who streams the rows of a statement, so that it can be cancelled by its id.
    using Stream = std::function<Result<std::shared_ptr<query::Sink>>(
        const identity::Principal& principal, const std::shared_ptr<query::Interrupt>& interrupt,
        Destination destination, std::function<std::unique_ptr<ResultWriter>()> make_writer)>;

    /// `endpoints`: null while the node has none. `policies` changes with what people may see. The executor outlives
    /// it.
    EndpointPages(std::function<endpoints::Endpoints*()> endpoints, std::function<std::uint64_t()> policies,
                  query::Executor& executor, Stream stream)
        : endpoints_(std::move(endpoints)),
          policies_(std::move(policies)),
          executor_(executor),
          stream_(std::move(stream)) {}

    /// Answers, now or from the executor's threads. May wait for the store.
    void handle(const EndpointRequest& request);

    /// The same of a call on the exchange's thread, which does not wait. False: it would have to, and nothing is done.
    bool handleAtOnce(const EndpointRequest& request);

  private:
    using Found = Result<std::shared_ptr<const endpoints::Published>>;

    Result<nlohmann::ordered_json> list(endpoints::Endpoints& all, const EndpointRequest& request) const;
    Result<gateway::HttpResponse> description(endpoints::Endpoints& all, const EndpointRequest& request) const;
    void answerCall(endpoints::Endpoints& all, const EndpointRequest& request, Found found, bool at_once);
    Result<> call(endpoints::Endpoints& all, const EndpointRequest& request, Found found, bool at_once);
    Result<> run(const EndpointRequest& request, const std::shared_ptr<const endpoints::Published>& endpoint,
                 endpoints::Call call, bool at_once);
    query::Executor::Call makeCall(const EndpointRequest& request,
                                   const std::shared_ptr<const endpoints::Published>& endpoint,
                                   const endpoints::Call& call, endpoints::Statement made, bool at_once);
    void invalidateWith(const endpoints::Published& written);

    const std::function<endpoints::Endpoints*()> endpoints_;
    const std::function<std::uint64_t()> policies_;
    query::Executor& executor_;
    const Stream stream_;
    AnswerCache cache_{std::size_t{64} << 20U};
    CallRates rates_;
};

}  // namespace tessera::rest
