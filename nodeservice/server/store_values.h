#pragma once

/// The store's values, statements and outcomes as messages.

#include "nodeservice/server/store_service.h"
#include "nodeservice/store/driver/replica.h"

#include <chrono>
#include <functional>
#include <string>

namespace tessera::v1 {
class StoreExecuteResponse;
class StoreMember;
class StoreStatement;
class StoreStatusResponse;
class StoreValue;
enum StoreConsistency : int;
}  // namespace tessera::v1

namespace tessera::server {

store::sqlite::Value toValue(const v1::StoreValue& in);
void fill(v1::StoreValue& out, store::sqlite::Value value);

store::SqlStatement toStatement(const v1::StoreStatement& in);
/// What was in it before goes.
void fill(v1::StoreExecuteResponse& out, const store::Execution& execution);

using StoreFactsOf = std::function<StoreMemberFacts(store::raft::NodeId)>;
void fill(v1::StoreMember& out, store::raft::NodeId id, const StoreFactsOf& facts_of);
void fill(v1::StoreStatusResponse& out, const store::ReplicaStatus& status, const StoreFactsOf& facts_of);

/// The JSON of protocol buffers, with all members under their own names.
std::string toJson(const v1::StoreStatusResponse& status);

store::Consistency toConsistency(v1::StoreConsistency in);

/// Of a request that says how fresh what it reads must be.
template <class Request>
store::ReadPoint toReadPoint(const Request& request) {
    store::ReadPoint point = toConsistency(request.consistency());
    point.max_age = std::chrono::milliseconds(request.max_age_ms());
    point.index = request.at_index();
    point.time_ms = request.at_time_ms();
    return point;
}

/// What it weighs in limits.
std::size_t weightOf(const store::sqlite::Value& value);

}  // namespace tessera::server
