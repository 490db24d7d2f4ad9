#pragma once

/// The answer to one call of an endpoint that is made whole before it is sent: a page, whose cursor stands in its head,
/// or one that is kept. A sink of the executor; any thread.

#include "nodeservice/endpoints/serve/call.h"
#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/query/interrupt.h"
#include "nodeservice/query/statement.h"
#include "nodeservice/rest/answer_cache.h"
#include "nodeservice/rest/fallback.h"
#include "nodeservice/rest/query_answer.h"
#include "nodeservice/rest/result_writer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::rest {

class EndpointAnswer final : public query::Sink {
  public:
    struct Options {
        std::shared_ptr<const endpoints::Published> endpoint;
        endpoints::Call call;
        /// Columns behind the fields, with what the cursor is made of.
        std::size_t cursor_columns = 0;
        /// Sends it.
        std::function<void(const std::shared_ptr<const KeptAnswer>& answer)> respond;
        std::function<void(const Error& error)> refuse;
    };

    EndpointAnswer(Options options, std::shared_ptr<query::Interrupt> interrupt,
                   std::shared_ptr<gateway::HttpExchange> exchange, Format format);

    void started(int) override {}

    void columns(const std::vector<query::Column>& columns) override;
    void batch(query::Batch batch, Deadline deadline) override;

    void notice(query::Notice notice, Deadline) override { fallback_.hear(notice); }

    void progress(std::uint64_t rows, std::chrono::milliseconds elapsed) override;
    void finished(const Result<query::Completion>& result) override;

    static constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

  private:
    void remember(const query::Batch& batch, std::size_t row);

    const Options options_;
    const std::shared_ptr<query::Interrupt> interrupt_;
    const std::shared_ptr<gateway::HttpExchange> exchange_;
    const Format format_;
    // The statement's thread's own.
    std::unique_ptr<ResultWriter> writer_;
    bool begun_ = false;
    Fallback fallback_;
    bool too_large_ = false;
    std::string body_;
    std::size_t rows_ = 0;
    bool has_more_ = false;
    std::vector<std::optional<std::string>> last_;
};

}  // namespace tessera::rest
