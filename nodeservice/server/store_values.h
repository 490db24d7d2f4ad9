#pragma once

/// The store's values, statements and outcomes as messages.

#include "nodeservice/store/driver/replica.h"

#include <functional>
#include <string>

namespace tessera::v1 {
class StoreExecuteResponse;
class StoreStatement;
class StoreStatusResponse;
class StoreValue;
enum StoreConsistency : int;
}  // namespace tessera::v1

namespace tessera::server {

store::sqlite::Value toValue(const v1::StoreValue& in);
void fill(v1::StoreValue& out, store::sqlite::Value value);

store::SqlStatement toStatement(const v1::StoreStatement& in);
void fill(v1::StoreExecuteResponse& out, const store::Execution& execution);
void fill(v1::StoreStatusResponse& out, const store::ReplicaStatus& status,
          const std::function<std::string(store::raft::NodeId)>& address_of);

store::Consistency toConsistency(v1::StoreConsistency in);

}  // namespace tessera::server
