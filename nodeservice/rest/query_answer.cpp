#include "nodeservice/rest/query_answer.h"

#include "nodeservice/rest/problem.h"

#include <algorithm>
#include <utility>

namespace tessera::rest {

namespace {

using gateway::HttpResponse;
using query::Interrupt;

// How soon an answer that waits for its reader sees that the statement is to stop.
constexpr std::chrono::milliseconds kInterruptCheck{100};

}  // namespace

QueryAnswer::QueryAnswer(Options options, std::shared_ptr<Interrupt> interrupt, Destination destination)
    : options_(std::move(options)), interrupt_(std::move(interrupt)), destination_(std::move(destination)) {}

Result<> QueryAnswer::nextPage(Destination destination) {
    {
        const std::lock_guard lock(mutex_);
        if (ended_) {
            return fail(ErrorCode::kNotFound, "there is no such cursor");
        }
        if (destination_) {
            return fail(ErrorCode::kFailedPrecondition, "the cursor's page is being made for another request");
        }
        destination_ = std::move(destination);
    }
    asked_.notify_all();
    return {};
}

std::vector<std::pair<std::string, std::string>> QueryAnswer::headers() const {
    auto headers = destination_->headers;
    headers.emplace_back("Tessera-Query", options_.id);
    fallback_.addTo(headers);
    if (destination_->gzip) {
        headers.emplace_back("Content-Encoding", "gzip");
    }
    return headers;
}

void QueryAnswer::batch(query::Batch batch, Deadline deadline) {
    if (isPaged()) {
        pages(batch, deadline);
    } else {
        stream(batch, deadline);
    }
}

/// A client that has gone takes its statement with it.
void QueryAnswer::progress(std::uint64_t, std::chrono::milliseconds) {
    const std::lock_guard lock(mutex_);
    if (destination_ && destination_->exchange->isGone()) {
        cancel();
    }
}

// --- all rows in one answer ------------------------------------------------------------------------------------------

std::unique_ptr<ResultWriter> QueryAnswer::makeWriter() const {
    return options_.make_writer ? options_.make_writer() : makeResultWriter(destination_->format);
}

void QueryAnswer::beginStream() {
    begun_ = true;
    writer_ = makeWriter();
    if (destination_->gzip) {
        gzip_ = std::make_unique<Gzip>();
    }
    destination_->exchange->begin({200, contentTypeOf(destination_->format), {}, headers()});
    sendStream(writer_->begin(columns_));
}

void QueryAnswer::sendStream(std::string part) {
    if (!part.empty()) {
        destination_->exchange->write(gzip_ ? gzip_->add(part) : std::move(part));
    }
}

void QueryAnswer::stream(const query::Batch& batch, Deadline deadline) {
    auto& exchange = *destination_->exchange;
    while (!exchange.waitForRoom(std::min(deadline, std::chrono::steady_clock::now() + kInterruptCheck))) {
        if (exchange.isGone()) {
            cancel();
        }
        if (interrupt_->isRaised() || std::chrono::steady_clock::now() >= deadline) {
            return;
        }
    }
    if (!begun_) {
        beginStream();
    }
    sendStream(writer_->rows(batch, 0, batch.row_count));
}

void QueryAnswer::finishStream(const Result<query::Completion>& result) {
    auto& exchange = *destination_->exchange;
    if (!result && !begun_) {
        HttpResponse response = problemResponse(result.error());
        auto more = destination_->headers;
        response.headers.insert(response.headers.end(), more.begin(), more.end());
        exchange.respond(std::move(response));
        return;
    }
    if (!begun_) {
        beginStream();
    }
    std::optional<std::string> last = result ? writer_->end(&*result, {}) : writer_->fail(result.error());
    if (!last) {
        // Broken off: a body without its end is no result.
        return;
    }
    sendStream(std::move(*last));
    if (gzip_) {
        exchange.write(gzip_->finish());
    }
    exchange.end();
}

// --- page by page ----------------------------------------------------------------------------------------------------

void QueryAnswer::beginPage() {
    writer_ = makeWriter();
    page_ = writer_->begin(columns_);
    page_rows_ = 0;
    begun_ = true;
}

/// `completion`: of the last page.
void QueryAnswer::endPage(const query::Completion* completion) {
    const std::lock_guard lock(mutex_);
    if (!begun_) {
        beginPage();
    }
    const std::string cursor = completion == nullptr ? options_.id : std::string();
    page_ += writer_->end(completion, cursor);
    HttpResponse response{200, contentTypeOf(destination_->format), {}, headers()};
    if (!cursor.empty()) {
        response.headers.emplace_back("Tessera-Cursor", cursor);
    }
    if (destination_->gzip) {
        Gzip gzip;
        response.body = gzip.add(page_);
        response.body += gzip.finish();
    } else {
        response.body = std::move(page_);
    }
    destination_->exchange->respond(std::move(response));
    destination_.reset();
    begun_ = false;
}

/// Until the next page is asked for. False when that does not come, or the statement is to stop.
bool QueryAnswer::waitForReader(Deadline deadline) {
    const auto idle_end = std::chrono::steady_clock::now() + options_.idle;
    std::unique_lock lock(mutex_);
    while (!destination_ && !interrupt_->isRaised()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline) {
            return false;
        }
        if (now >= idle_end) {
            cancel();
            return false;
        }
        asked_.wait_until(lock, std::min({deadline, idle_end, now + kInterruptCheck}));
    }
    return !interrupt_->isRaised();
}

void QueryAnswer::pages(const query::Batch& batch, Deadline deadline) {
    std::size_t row = 0;
    while (row < batch.row_count) {
        if (begun_ && page_rows_ == options_.page_rows) {
            endPage(nullptr);
        }
        if (!waitForReader(deadline)) {
            return;
        }
        if (!begun_) {
            beginPage();
        }
        const std::size_t end = std::min<std::size_t>(batch.row_count, row + options_.page_rows - page_rows_);
        page_ += writer_->rows(batch, row, end);
        page_rows_ += end - row;
        row = end;
    }
}

void QueryAnswer::finished(const Result<query::Completion>& result) {
    bool is_asked = false;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        is_asked = destination_.has_value();
    }
    options_.on_end();
    if (!is_asked) {
        return;
    }
    if (!isPaged()) {
        finishStream(result);
    } else if (result) {
        endPage(&*result);
    } else {
        begun_ = false;
        finishStream(result);
    }
}

}  // namespace tessera::rest
