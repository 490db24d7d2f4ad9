#include "nodeservice/server/store_queries.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_rows.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <chrono>
#include <utility>

namespace tessera::server {

namespace {

/// More is a stream's business: a gRPC message has no more than 4 MiB.
constexpr std::size_t kMostAnswerBytes = std::size_t{3} << 20U;
/// Longer texts take long to read.
constexpr std::size_t kMostBriefBytes = 2000;

}  // namespace

store::ReadPoint pointHere(const store::Replica& replica, store::ReadPoint point) {
    const bool is_leaders =
        point.consistency == store::Consistency::kWeak || point.consistency == store::Consistency::kLeader;
    if (is_leaders && replica.status().role != store::raft::Role::kLeader) {
        point.consistency = store::Consistency::kLinearizable;
    }
    return point;
}

namespace {

/// A caller that wants to be redirected is answered as it asks.
template <class Request>
store::ReadPoint pointOf(const store::Replica& replica, const Request& request) {
    const store::ReadPoint point = toReadPoint(request);
    return request.routing() == v1::STORE_ROUTING_FORWARD ? pointHere(replica, point) : point;
}

}  // namespace

void StoreQueries::query(const v1::StoreQueryRequest& request, StoreQueryStream& stream) {
    const store::ReadPoint point = pointOf(context_.replica, request);
    const auto deadline = std::chrono::steady_clock::now() + storeTimeOf(request.timeout_ms());
    context_.replica.awaitReadable(
        point, deadline, [this, point, deadline, &request, &stream](const Result<store::raft::Index>& index) {
            if (!index) {
                return stream.Finish(client::toStatus(index.error()));
            }
            if (answerBriefly(request, point, stream)) {
                return;
            }
            const bool is_taken = context_.workers.trySubmit([this, point, deadline, &request, &stream] {
                StoreRowWriter rows(
                    stream,
                    request.takes_rows_with_begin() ? StoreRowWriter::Form::kWithBegin : StoreRowWriter::Form::kApart,
                    context_.slow_reader, context_.longest_query);
                const auto told = point.consistency == store::Consistency::kAtIndex
                                      ? std::optional<store::raft::Index>(point.index)
                                      : std::nullopt;
                rows.end(context_.replica.queryAt(toStatement(request.statement()), point, deadline, rows.sink(told)));
            });
            if (!is_taken) {
                stream.Finish(client::toStatus(storeIsBusy()));
            }
        });
}

/// A query that takes less than it takes to wake a worker is answered by the thread that learned that it may be. False:
/// it is a worker's business.
bool StoreQueries::answerBriefly(const v1::StoreQueryRequest& request, const store::ReadPoint& point,
                                 StoreQueryStream& stream) {
    const bool is_past =
        point.consistency == store::Consistency::kAtTime || point.consistency == store::Consistency::kAtIndex;
    if (is_past || !request.takes_rows_with_begin() || request.statement().sql().size() > kMostBriefBytes) {
        return false;
    }
    StoreRowWriter rows(stream, StoreRowWriter::Form::kWhole, context_.slow_reader, context_.longest_query);
    auto done = context_.replica.queryBriefly(toStatement(request.statement()), rows.sink());
    if (!done || rows.isTooLong()) {
        return false;
    }
    rows.end(std::move(*done));
    return true;
}

void StoreQueries::request(const v1::StoreRequestRequest& request, v1::StoreRequestResponse& answer,
                           std::function<void(Result<>)> done) {
    const store::ReadPoint point = pointOf(context_.replica, request);
    const auto deadline = std::chrono::steady_clock::now() + storeTimeOf(request.timeout_ms());
    context_.replica.awaitReadable(
        point, deadline, [this, point, deadline, &request, &answer, done](const Result<store::raft::Index>& index) {
            if (!index) {
                return done(index.error());
            }
            const bool is_taken = context_.workers.trySubmit(
                [this, point, deadline, &request, &answer, done] { done(readAll(request, point, deadline, answer)); });
            if (!is_taken) {
                done(storeIsBusy());
            }
        });
}

Result<> StoreQueries::readAll(const v1::StoreRequestRequest& request, const store::ReadPoint& point,
                               store::Clock::Time deadline, v1::StoreRequestResponse& answer) {
    auto state = TSR_TRY(context_.replica.hold(point, deadline));
    v1::StoreExecuteResponse& results = *answer.mutable_answer();
    results.set_fate(v1::STORE_FATE_APPLIED);
    results.set_index(state.index());
    std::size_t bytes = 0;
    for (const v1::StoreStatement& statement : request.statements()) {
        v1::StoreStatementResult& result = *results.add_results();
        TSR_TRY(state.query(toStatement(statement),
                            {[&](const std::vector<std::string>& columns, store::raft::Index) -> Result<> {
                                 result.mutable_columns()->Add(columns.begin(), columns.end());
                                 return {};
                             },
                             [&](std::vector<store::sqlite::Value> row) -> Result<> {
                                 v1::StoreRow& added = *result.add_rows();
                                 for (store::sqlite::Value& value : row) {
                                     bytes += weightOf(value);
                                     fill(*added.add_values(), std::move(value));
                                 }
                                 return bytes <= kMostAnswerBytes
                                            ? Result<>()
                                            : Result<>(fail(ErrorCode::kInvalidArgument,
                                                            "the rows of the request weigh more than " +
                                                                std::to_string(kMostAnswerBytes) + " bytes",
                                                            "ask for them by a query, which streams them"));
                             }}));
    }
    return {};
}

}  // namespace tessera::server
