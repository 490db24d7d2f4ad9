#include "nodeservice/rest/endpoint_answer.h"

#include "common/strings.h"
#include "nodeservice/rest/endpoint_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace tessera::rest {

namespace {

/// Weak: bodies that are packed in another way have the same.
std::string tagOf(const std::string& body) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "W/\"%zx-%016llx\"", body.size(),
                  static_cast<unsigned long long>(markOf(body)));
    return text.data();
}

}  // namespace

EndpointAnswer::EndpointAnswer(Options options, std::shared_ptr<query::Interrupt> interrupt,
                               std::shared_ptr<gateway::HttpExchange> exchange, Format format)
    : options_(std::move(options)),
      interrupt_(std::move(interrupt)),
      exchange_(std::move(exchange)),
      format_(format),
      writer_(makeEndpointWriter(format, *options_.endpoint)) {}

void EndpointAnswer::columns(const std::vector<query::Column>& columns) {
    begun_ = true;
    body_ = writer_->begin({columns.begin(), columns.end() - static_cast<std::ptrdiff_t>(options_.cursor_columns)});
}

void EndpointAnswer::batch(query::Batch batch, Deadline) {
    const std::size_t limit = static_cast<std::size_t>(options_.call.limit);
    std::size_t end = batch.row_count;
    if (limit > 0 && rows_ + end > limit) {
        // One more than was asked for: there is another page.
        has_more_ = true;
        end = limit - rows_;
    }
    if (end == 0) {
        return;
    }
    rows_ += end;
    remember(batch, end - 1);
    batch.columns.resize(batch.columns.size() - options_.cursor_columns);
    body_ += writer_->rows(batch, 0, end);
    if (body_.size() > kMostBytes) {
        too_large_ = true;
        body_.clear();
        interrupt_->raise(query::Interrupt::Reason::kCancelled);
    }
}

void EndpointAnswer::remember(const query::Batch& batch, std::size_t row) {
    last_.clear();
    for (std::size_t i = batch.columns.size() - options_.cursor_columns; i < batch.columns.size(); ++i) {
        last_.push_back(isNull(batch.columns[i], row) ? std::nullopt
                                                      : std::optional(std::string(textAt(batch.columns[i], row))));
    }
}

/// A client that has gone takes its statement with it.
void EndpointAnswer::progress(std::uint64_t, std::chrono::milliseconds) {
    if (exchange_->isGone()) {
        interrupt_->raise(query::Interrupt::Reason::kCancelled);
    }
}

void EndpointAnswer::finished(const Result<query::Completion>& result) {
    if (too_large_) {
        options_.refuse(
            fail(ErrorCode::kResourceExhausted, "the answer has more than 64 MiB",
                 options_.call.limit > 0 ? "ask for fewer rows with 'limit'" : "give the endpoint pages, or no cache"));
        return;
    }
    if (!result) {
        options_.refuse(result.error());
        return;
    }
    if (!begun_) {
        body_ = writer_->begin({});
    }
    auto answer = std::make_shared<KeptAnswer>();
    if (has_more_) {
        answer->cursor = endpoints::makeCursor(*options_.endpoint, options_.call, last_);
    }
    body_ += writer_->end(&*result, answer->cursor);
    answer->fallback = fallback_;
    answer->content_type = contentTypeOf(format_);
    answer->tag = tagOf(body_);
    answer->body = std::make_shared<const std::string>(std::move(body_));
    options_.respond(answer);
}

}  // namespace tessera::rest
