#include "nodeservice/server/store_rows.h"

#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_values.h"

#include <utility>

namespace tessera::server {

namespace {

constexpr std::size_t kRowsBytes = std::size_t{64} << 10U;

}  // namespace

StoreRowWriter::StoreRowWriter(StoreQueryStream& stream, std::chrono::milliseconds slow,
                               std::chrono::milliseconds longest)
    : stream_(stream),
      slow_(slow),
      end_(std::chrono::steady_clock::now() + longest),
      rows_(std::make_unique<v1::StoreQueryEvent>()) {}

StoreRowWriter::~StoreRowWriter() = default;

store::RowSink StoreRowWriter::sink(std::optional<store::raft::Index> told) {
    return {[this, told](const std::vector<std::string>& columns, store::raft::Index index) -> Result<> {
                v1::StoreQueryEvent event;
                for (const std::string& column : columns) {
                    event.mutable_begin()->add_columns(column);
                }
                event.mutable_begin()->set_index(told.value_or(index));
                return send(std::move(event));
            },
            [this](std::vector<store::sqlite::Value> row) -> Result<> {
                v1::StoreRow& added = *rows_->mutable_rows()->add_rows();
                for (store::sqlite::Value& value : row) {
                    bytes_ += weightOf(value);
                    fill(*added.add_values(), std::move(value));
                }
                return bytes_ < kRowsBytes ? Result<>() : flush();
            }};
}

Result<> StoreRowWriter::flush() {
    if (!rows_->has_rows()) {
        return {};
    }
    bytes_ = 0;
    return send(std::exchange(*rows_, {}));
}

Result<> StoreRowWriter::send(v1::StoreQueryEvent event) {
    const bool is_written = stream_.writeWithin(std::move(event), slow_);
    if (!is_written && stream_.isBroken()) {
        return fail(ErrorCode::kCancelled, "the query was cancelled");
    }
    if (!is_written || std::chrono::steady_clock::now() > end_) {
        return fail(ErrorCode::kDeadlineExceeded, "the rows of the query were not taken in time",
                    "ask for fewer at a time: while they wait the store's files cannot be shortened");
    }
    return {};
}

}  // namespace tessera::server
