#include "nodeservice/client/convert.h"

#include "nodeservice/proto/catalog.pb.h"
#include "nodeservice/proto/query.pb.h"

#include <cstring>
#include <utility>

namespace tessera::client {

namespace {

TableKind toKind(v1::TableKind kind) {
    switch (kind) {
        case v1::TABLE_KIND_VIEW:
            return TableKind::kView;
        case v1::TABLE_KIND_FOREIGN_TABLE:
            return TableKind::kForeignTable;
        case v1::TABLE_KIND_MATERIALIZED_VIEW:
            return TableKind::kMaterializedView;
        default:
            return TableKind::kTable;
    }
}

ColumnEncoding toEncoding(v1::ColumnEncoding encoding) {
    switch (encoding) {
        case v1::COLUMN_ENCODING_BOOL:
            return ColumnEncoding::kBool;
        case v1::COLUMN_ENCODING_INT64:
            return ColumnEncoding::kInt64;
        case v1::COLUMN_ENCODING_FLOAT64:
            return ColumnEncoding::kFloat64;
        case v1::COLUMN_ENCODING_FLOAT32:
            return ColumnEncoding::kFloat32;
        default:
            return ColumnEncoding::kText;
    }
}

TableInfo toTable(const v1::Table& message) {
    TableInfo table{message.schema(), message.name(), toKind(message.kind()), message.comment(), {}};
    if (message.has_estimated_rows()) {
        table.estimated_rows = message.estimated_rows();
    }
    return table;
}

std::size_t widthOf(ColumnEncoding encoding) {
    switch (encoding) {
        case ColumnEncoding::kBool:
            return 1;
        case ColumnEncoding::kInt64:
        case ColumnEncoding::kFloat64:
            return 8;
        case ColumnEncoding::kFloat32:
            return 4;
        case ColumnEncoding::kText:
            break;
    }
    return 0;
}

/// Do the offsets rise from 0 to no further than the values reach?
bool offsetsFit(const std::string& offsets, std::size_t rows, std::size_t value_bytes) {
    if (offsets.size() != (rows + 1) * sizeof(std::uint32_t)) {
        return false;
    }
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i <= rows; ++i) {
        std::uint32_t offset = 0;
        std::memcpy(&offset, offsets.data() + i * sizeof offset, sizeof offset);
        if (offset < previous || offset > value_bytes) {
            return false;
        }
        previous = offset;
    }
    return true;
}

bool fits(const v1::ColumnData& data, ColumnEncoding encoding, std::size_t rows) {
    if (!data.validity().empty() && data.validity().size() != (rows + 7) / 8) {
        return false;
    }
    return encoding == ColumnEncoding::kText ? offsetsFit(data.offsets(), rows, data.values().size())
                                             : data.values().size() == rows * widthOf(encoding);
}

}  // namespace

NodeInfo toNodeInfo(const v1::NodeDescription& message) {
    NodeInfo info{message.name(), message.version(), message.postgres_version(), {}};
    for (const v1::Source& source : message.sources()) {
        info.sources.push_back({source.name(),
                                source.connector(),
                                {source.schemas().begin(), source.schemas().end()},
                                source.comment(),
                                source.error()});
    }
    return info;
}

std::vector<SchemaInfo> toSchemas(const v1::ListSchemasResponse& message) {
    std::vector<SchemaInfo> schemas;
    for (const v1::Schema& schema : message.schemas()) {
        schemas.push_back({schema.name(), schema.comment(), schema.source()});
    }
    return schemas;
}

std::vector<TableInfo> toTables(const v1::ListTablesResponse& message) {
    std::vector<TableInfo> tables;
    for (const v1::Table& table : message.tables()) {
        tables.push_back(toTable(table));
    }
    return tables;
}

TableDetails toTableDetails(const v1::TableDescription& message) {
    TableDetails details{toTable(message.table()), {}, message.source()};
    for (const v1::TableColumn& column : message.columns()) {
        details.columns.push_back({column.name(), column.type_name(), column.not_null(), column.comment(),
                                   column.default_expression(), column.key_position()});
    }
    return details;
}

std::vector<ResultColumn> toColumns(const v1::Columns& message) {
    std::vector<ResultColumn> columns;
    for (const v1::Column& column : message.columns()) {
        columns.push_back({column.name(), column.type_name(), column.type_oid(), toEncoding(column.encoding())});
    }
    return columns;
}

Result<std::shared_ptr<const ResultBatch>> toBatch(v1::Batch& message, const std::vector<ResultColumn>& columns) {
    bool good = static_cast<std::size_t>(message.columns_size()) == columns.size();
    std::vector<ResultBatch::Column> data;
    for (std::size_t i = 0; good && i < columns.size(); ++i) {
        v1::ColumnData& column = *message.mutable_columns(static_cast<int>(i));
        good = fits(column, columns[i].encoding, message.row_count());
        if (good) {
            data.push_back({columns[i].encoding, std::move(*column.mutable_validity()),
                            std::move(*column.mutable_values()), std::move(*column.mutable_offsets())});
        }
    }
    if (!good) {
        return fail(ErrorCode::kDataLoss, "the node sent a batch of rows that does not fit its columns",
                    "node and client may be of different versions");
    }
    return std::shared_ptr<const ResultBatch>(std::make_shared<ResultBatch>(message.row_count(), std::move(data)));
}

TransactionState toTransaction(const v1::TransactionState& message) {
    const auto status = message.status() == v1::TRANSACTION_STATUS_OPEN     ? TransactionStatus::kOpen
                        : message.status() == v1::TRANSACTION_STATUS_FAILED ? TransactionStatus::kFailed
                                                                            : TransactionStatus::kNone;
    return {status, message.revision()};
}

void fillRequest(v1::ExecuteRequest& message, QueryRequest request) {
    message.set_in_transaction(request.in_transaction);
    message.set_sql(std::move(request.sql));
    message.set_batch_bytes(request.batch_bytes);
    message.set_timeout_ms(request.timeout_ms);
    for (QueryParameter& parameter : request.parameters) {
        v1::Parameter& added = *message.add_parameters();
        if (parameter.text) {
            added.set_text(std::move(*parameter.text));
        }
        added.set_type_name(std::move(parameter.type_name));
    }
}

}  // namespace tessera::client
