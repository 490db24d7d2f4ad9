#include "nodeservice/server/store_rows.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_values.h"

#include <utility>

namespace tessera::server {

namespace {

constexpr std::size_t kRowsBytes = std::size_t{64} << 10U;

}  // namespace

StoreRowWriter::StoreRowWriter(StoreQueryStream& stream, Form form, std::chrono::milliseconds slow,
                               std::chrono::milliseconds longest)
    : stream_(stream),
      form_(form),
      slow_(slow),
      end_(std::chrono::steady_clock::now() + longest),
      event_(std::make_unique<v1::StoreQueryEvent>()) {}

StoreRowWriter::~StoreRowWriter() = default;

store::RowSink StoreRowWriter::sink(std::optional<store::raft::Index> told) {
    return {[this, told](const std::vector<std::string>& columns, store::raft::Index index) -> Result<> {
                return begin(columns, told.value_or(index));
            },
            [this](std::vector<store::sqlite::Value> row) -> Result<> { return add(std::move(row)); }};
}

Result<> StoreRowWriter::begin(const std::vector<std::string>& columns, store::raft::Index index) {
    v1::StoreQueryBegin& begin = *event_->mutable_begin();
    begin.mutable_columns()->Add(columns.begin(), columns.end());
    begin.set_index(index);
    return form_ == Form::kApart ? flush() : Result<>();
}

Result<> StoreRowWriter::add(std::vector<store::sqlite::Value> row) {
    v1::StoreRows& rows = event_->has_begin() ? *event_->mutable_begin()->mutable_rows() : *event_->mutable_rows();
    v1::StoreRow& added = *rows.add_rows();
    for (store::sqlite::Value& value : row) {
        bytes_ += weightOf(value);
        fill(*added.add_values(), std::move(value));
    }
    return bytes_ < kRowsBytes ? Result<>() : flush();
}

Result<> StoreRowWriter::flush() {
    if (form_ == Form::kWhole) {
        is_too_long_ = true;
        return fail(ErrorCode::kOutOfRange, "the rows do not go into one event");
    }
    if (event_->event_case() == v1::StoreQueryEvent::EVENT_NOT_SET) {
        return {};
    }
    bytes_ = 0;
    if (!stream_.writeWithin(std::exchange(*event_, {}), slow_) || std::chrono::steady_clock::now() > end_) {
        return notTaken();
    }
    return {};
}

void StoreRowWriter::end(Result<> done) {
    const bool has_event = event_->event_case() != v1::StoreQueryEvent::EVENT_NOT_SET;
    if (done && has_event && std::chrono::steady_clock::now() <= end_) {
        if (stream_.endWith(std::move(*event_), slow_)) {
            return;
        }
    }
    if (done && has_event) {
        done = notTaken();
    }
    stream_.endWhenWritten(done ? grpc::Status::OK : client::toStatus(done.error()));
}

Result<> StoreRowWriter::notTaken() const {
    if (stream_.isBroken()) {
        return fail(ErrorCode::kCancelled, "the query was cancelled");
    }
    return fail(ErrorCode::kDeadlineExceeded, "the rows of the query were not taken in time",
                "ask for fewer at a time: while they wait the store's files cannot be shortened");
}

}  // namespace tessera::server
