#include "nodeservice/server/store_rows.h"

#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_values.h"

#include <utility>

namespace tessera::server {

namespace {

constexpr std::size_t kRowsBytes = std::size_t{64} << 10U;

}  // namespace

StoreRowWriter::StoreRowWriter(StoreQueryStream& stream)
    : stream_(stream), rows_(std::make_unique<v1::StoreQueryEvent>()) {}

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
    if (!stream_.write(std::move(event))) {
        return fail(ErrorCode::kCancelled, "the query was cancelled");
    }
    return {};
}

}  // namespace tessera::server
