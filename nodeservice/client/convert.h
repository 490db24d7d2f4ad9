#pragma once

/// From the contract's messages to the client's plain structs. What a node sends is checked here, so that nothing
/// behind this point can be led outside a batch's memory. Pure; any thread.

#include "common/result.h"
#include "nodeservice/client/types.h"

#include <memory>
#include <vector>

namespace tessera::v1 {
class Batch;
class Columns;
class DescribeNodeRequest;
class ExecuteRequest;
class ListSchemasResponse;
class ListTablesResponse;
class NodeDescription;
class TableDescription;
class TransactionState;
}  // namespace tessera::v1

namespace tessera::client {

NodeInfo toNodeInfo(const v1::NodeDescription& message);
std::vector<SchemaInfo> toSchemas(const v1::ListSchemasResponse& message);
std::vector<TableInfo> toTables(const v1::ListTablesResponse& message);
TableDetails toTableDetails(const v1::TableDescription& message);

std::vector<ResultColumn> toColumns(const v1::Columns& message);
/// Takes the message's bytes. kDataLoss when they are not what `columns` announced.
Result<std::shared_ptr<const ResultBatch>> toBatch(v1::Batch& message, const std::vector<ResultColumn>& columns);

TransactionState toTransaction(const v1::TransactionState& message);

void fillRequest(v1::ExecuteRequest& message, QueryRequest request);

}  // namespace tessera::client
