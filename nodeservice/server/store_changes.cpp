#include "nodeservice/server/store_changes.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace tessera::server {

using store::Changes;
using store::RowChange;
using store::TableChanges;
using store::raft::Index;

namespace {

constexpr std::size_t kPartBytes = std::size_t{256} << 10U;
/// For one read of the past.
constexpr std::chrono::seconds kLongest{60};

template <class Values>
std::size_t addValues(Values& out, const RowChange::Values& values) {
    std::size_t bytes = 0;
    for (const auto& value : values) {
        auto& told = *out.Add();
        if (value) {
            bytes += weightOf(*value);
            fill(*told.mutable_value(), *value);
        }
    }
    return bytes;
}

/// Without rows.
v1::StoreTableChanges* addTable(v1::StoreChanges& part, const TableChanges& table) {
    v1::StoreTableChanges* added = part.add_tables();
    added->set_table(table.table);
    added->mutable_columns()->Add(table.columns.begin(), table.columns.end());
    added->mutable_is_key()->Add(table.is_key.begin(), table.is_key.end());
    return added;
}

void keepOnly(const v1::StoreChangesRequest& request, Changes& changes) {
    if (request.tables().empty()) {
        return;
    }
    const auto isOther = [&](const std::string& table) {
        return std::find(request.tables().begin(), request.tables().end(), table) == request.tables().end();
    };
    std::erase_if(changes.tables, [&](const TableChanges& one) { return isOther(one.table); });
    std::erase_if(changes.untold, isOther);
}

}  // namespace

struct StoreChangesFeed::Following {
    const v1::StoreChangesRequest& request;
    StoreChangesStream& stream;
    /// Whether who listens still may.
    std::function<Result<>()> admit;
    /// What has been sent.
    Index at = 0;
};

void StoreChangesFeed::send(const v1::StoreChangesRequest& request, StoreChangesStream& stream,
                            std::function<Result<>()> admit) {
    if (request.follows() && (request.until() != 0 || request.as_one())) {
        return stream.end(client::toStatus(
            fail(ErrorCode::kInvalidArgument, "changes that are followed have no end, and are not told as one")));
    }
    const Index at = request.from_now() ? context_.replica.applied() : request.after();
    const auto following = std::make_shared<Following>(Following{request, stream, std::move(admit), at});
    if (!request.follows()) {
        return awaitAll(following);
    }
    v1::StoreChanges begin;
    begin.set_index(at);
    if (const auto sent = sendPart(*following, std::move(begin)); !sent) {
        return stream.endWhenWritten(client::toStatus(sent.error()));
    }
    goOn(following);
}

/// What was answered before is told, also by a member that lags.
void StoreChangesFeed::awaitAll(const std::shared_ptr<Following>& following) {
    store::ReadPoint point = store::Consistency::kLinearizable;
    if (const Index until = following->request.until(); until != 0) {
        point = store::Consistency::kAtIndex;
        point.index = until;
    }
    context_.replica.awaitReadable(point,
                                   store::Clock::Time::clock::now() + storeTimeOf(following->request.timeout_ms()),
                                   [this, following](const Result<Index>& index) {
                                       if (!index) {
                                           following->stream.endWhenWritten(client::toStatus(index.error()));
                                       } else if (!context_.workers.trySubmit([this, following] { goOn(following); })) {
                                           following->stream.endWhenWritten(client::toStatus(storeIsBusy()));
                                       }
                                   });
}

/// In a worker's thread.
void StoreChangesFeed::goOn(const std::shared_ptr<Following>& following) {
    const auto more = sendWhatIsThere(*following);
    if (!more) {
        following->stream.endWhenWritten(client::toStatus(more.error()));
    } else if (!*more) {
        following->stream.endWhenWritten(grpc::Status::OK);
    } else {
        await(following);
    }
}

Result<bool> StoreChangesFeed::sendWhatIsThere(Following& following) {
    const auto& request = following.request;
    TSR_TRY(following.admit());
    if (request.follows() && context_.replica.applied() <= following.at) {
        return true;  // who listens has heard more elsewhere than this member has yet
    }
    const Index last = request.until() != 0 ? request.until() : context_.replica.applied();
    const auto deadline = [] { return store::Clock::Time::clock::now() + kLongest; };
    if (request.as_one()) {
        Changes changes = TSR_TRY(context_.replica.difference(following.at, last, deadline()));
        keepOnly(request, changes);
        TSR_TRY(sendOne(following, changes));
        return false;
    }
    Index told = following.at;
    do {
        for (Changes& changes : TSR_TRY(context_.replica.changes(following.at, last, deadline()))) {
            following.at = changes.index;
            keepOnly(request, changes);
            if (!changes.isEmpty()) {
                TSR_TRY(sendOne(following, changes));
                told = changes.index;
            }
        }
    } while (following.at < last);
    if (told < following.at) {
        v1::StoreChanges nothing;
        nothing.set_index(following.at);
        TSR_TRY(sendPart(following, std::move(nothing)));
    }
    return request.follows();
}

Result<> StoreChangesFeed::sendOne(Following& following, const Changes& changes) {
    v1::StoreChanges part;
    const auto begin = [&] {
        part.Clear();
        part.set_index(changes.index);
        part.set_time_ms(changes.time_ms);
    };
    begin();
    std::size_t bytes = 0;
    for (const TableChanges& table : changes.tables) {
        v1::StoreTableChanges* sent = addTable(part, table);
        for (const RowChange& row : table.rows) {
            if (bytes >= kPartBytes) {
                part.set_has_more(true);
                TSR_TRY(sendPart(following, std::move(part)));
                begin();
                sent = addTable(part, table);
                bytes = 0;
            }
            v1::StoreRowChange& change = *sent->add_rows();
            bytes += addValues(*change.mutable_before(), row.before) + addValues(*change.mutable_after(), row.after);
        }
    }
    part.mutable_untold()->Add(changes.untold.begin(), changes.untold.end());
    part.set_is_schema_changed(changes.is_schema_changed);
    part.set_is_replaced(changes.is_replaced);
    return sendPart(following, std::move(part));
}

Result<> StoreChangesFeed::sendPart(Following& following, v1::StoreChanges part) {
    return following.stream.writeWithin(std::move(part), context_.slow_reader)
               ? Result<>()
               : Result<>(fail(ErrorCode::kCancelled, "the changes were not taken",
                               "read them faster; go on behind the last entry that came"));
}

/// At the replica's ticks: until something is written nobody waits.
void StoreChangesFeed::await(const std::shared_ptr<Following>& following) {
    if (following->stream.isBroken()) {
        return following->stream.endWhenWritten(grpc::Status::CANCELLED);
    }
    if (context_.replica.applied() > following->at &&
        context_.workers.trySubmit([this, following] { goOn(following); })) {
        return;
    }
    if (!context_.replica.atNextTick([this, following] { await(following); })) {
        following->stream.endWhenWritten(
            client::toStatus(fail(ErrorCode::kUnavailable, "this node of the store has stopped", "ask another")));
    }
}

}  // namespace tessera::server
