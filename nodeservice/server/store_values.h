#pragma once

/// The store's values, statements and outcomes as messages.

#include "nodeservice/server/store_service.h"
#include "nodeservice/store/driver/replica.h"

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

store::Consistency toConsistency(v1::StoreConsistency in);

}  // namespace tessera::server
