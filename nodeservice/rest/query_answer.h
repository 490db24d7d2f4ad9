#pragma once

/// One running statement and its answers: all rows in one answer as they come, or page by page, each asked for by the
/// cursor. Between two pages the statement stands still where it is, and no longer than the cursor may be idle.
///
/// A sink of the executor, and kept by the API under its id; any thread.

#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/query/interrupt.h"
#include "nodeservice/query/statement.h"
#include "nodeservice/rest/fallback.h"
#include "nodeservice/rest/gzip.h"
#include "nodeservice/rest/result_writer.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::rest {

/// Who is to be answered, and how.
struct Destination {
    std::shared_ptr<gateway::HttpExchange> exchange;
    Format format = Format::kJson;
    bool gzip = false;
    std::vector<std::pair<std::string, std::string>> headers;
};

class QueryAnswer final : public query::Sink {
  public:
    struct Options {
        std::string id;
        /// 0: one answer for all rows.
        std::size_t page_rows = 0;
        std::chrono::seconds idle{60};
        /// Of the answer's body; null: makeResultWriter() of the format.
        std::function<std::unique_ptr<ResultWriter>()> make_writer = nullptr;
        /// Told when the statement has ended, before its last answer is sent.
        std::function<void()> on_end;
    };

    QueryAnswer(Options options, std::shared_ptr<query::Interrupt> interrupt, Destination destination);

    /// The cursor's next page; kFailedPrecondition while another is made.
    Result<> nextPage(Destination destination);

    void cancel() { interrupt_->raise(query::Interrupt::Reason::kCancelled); }

    void started(int) override {}

    void columns(const std::vector<query::Column>& columns) override { columns_ = columns; }

    void batch(query::Batch batch, Deadline deadline) override;

    void notice(query::Notice notice, Deadline) override { fallback_.hear(notice); }

    void progress(std::uint64_t rows, std::chrono::milliseconds elapsed) override;
    void finished(const Result<query::Completion>& result) override;

  private:
    bool isPaged() const { return options_.page_rows > 0; }

    void stream(const query::Batch& batch, Deadline deadline);
    std::unique_ptr<ResultWriter> makeWriter() const;
    void beginStream();
    void sendStream(std::string part);
    void pages(const query::Batch& batch, Deadline deadline);
    void beginPage();
    void endPage(const query::Completion* completion);
    bool waitForReader(Deadline deadline);
    void finishStream(const Result<query::Completion>& result);
    std::vector<std::pair<std::string, std::string>> headers() const;

    const Options options_;
    const std::shared_ptr<query::Interrupt> interrupt_;
    std::vector<query::Column> columns_;
    std::mutex mutex_;
    std::condition_variable asked_;
    std::optional<Destination> destination_;  // guarded by mutex_: none between two pages
    bool ended_ = false;                      // guarded by mutex_
    // The statement's thread's own.
    std::unique_ptr<ResultWriter> writer_;
    std::unique_ptr<Gzip> gzip_;
    bool begun_ = false;
    Fallback fallback_;
    std::string page_;
    std::size_t page_rows_ = 0;
};

}  // namespace tessera::rest
