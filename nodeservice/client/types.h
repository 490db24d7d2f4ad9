#pragma once

/// What nodes say, as plain structs: no gRPC and no protobuf in here. Values; any thread may own one.

#include "common/error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::client {

/// How the values of a result column are laid out; see nodeservice/proto/query.proto.
enum class ColumnEncoding { kText, kBool, kInt64, kFloat64, kFloat32 };

struct ResultColumn {
    std::string name;
    /// As format_type() spells it.
    std::string type_name;
    std::uint32_t type_oid = 0;
    ColumnEncoding encoding = ColumnEncoding::kText;
};

/// One batch of rows, by column. Immutable after it was received, shared by whoever shows or writes it.
class ResultBatch {
  public:
    struct Column {
        ColumnEncoding encoding = ColumnEncoding::kText;
        std::string validity;  // bit set: not NULL; empty: no NULL
        std::string values;
        std::string offsets;
    };

    ResultBatch(std::size_t row_count, std::vector<Column> columns)
        : row_count_(row_count), columns_(std::move(columns)) {}

    std::size_t rowCount() const { return row_count_; }

    std::size_t columnCount() const { return columns_.size(); }

    std::size_t byteSize() const;

    /// As it came, for whoever stores batches elsewhere.
    const Column& column(std::size_t index) const { return columns_[index]; }

    bool isNull(std::size_t row, std::size_t column) const;
    /// The value as PostgreSQL writes it; "" for NULL: ask isNull() first.
    std::string text(std::size_t row, std::size_t column) const;
    /// The bytes of a kText value without a copy; they live as long as the batch.
    std::string_view textView(std::size_t row, std::size_t column) const;
    /// For kInt64 columns.
    std::int64_t integer(std::size_t row, std::size_t column) const;
    /// For kFloat64 and kFloat32 columns.
    double number(std::size_t row, std::size_t column) const;

  private:
    std::size_t row_count_;
    std::vector<Column> columns_;
};

struct Notice {
    std::string severity;
    std::string message;
    std::string detail;
    std::string hint;
    std::string sqlstate;
};

struct Progress {
    std::uint64_t rows = 0;
    std::uint64_t elapsed_ms = 0;
};

struct Completion {
    std::string command_tag;
    std::uint64_t row_count = 0;
    std::uint64_t elapsed_ms = 0;
};

/// A value for $1, $2, … in PostgreSQL's text form; no text is NULL.
struct QueryParameter {
    std::optional<std::string> text;
    std::string type_name;
};

struct QueryRequest {
    std::string sql;
    std::vector<QueryParameter> parameters;
    std::uint32_t batch_bytes = 0;
    std::uint32_t timeout_ms = 0;
    /// Begins a transaction unless one is open. Only on a session.
    bool in_transaction = false;
};

enum class TransactionStatus {
    kNone,
    kOpen,
    /// A statement failed; nothing but a roll back goes on from here.
    kFailed,
};

struct TransactionState {
    TransactionStatus status = TransactionStatus::kNone;
    /// Of two states of a session, the one with the higher revision is the later.
    std::uint64_t revision = 0;
};

struct SourceInfo {
    std::string name;
    std::string connector;
    std::vector<std::string> schemas;
    std::string comment;
    std::string error;
};

struct NodeInfo {
    std::string name;
    std::string version;
    std::string postgres_version;
    std::vector<SourceInfo> sources;
};

struct SchemaInfo {
    std::string name;
    std::string comment;
    std::string source;
};

enum class TableKind { kTable, kView, kForeignTable, kMaterializedView };

struct TableInfo {
    std::string schema;
    std::string name;
    TableKind kind = TableKind::kTable;
    std::string comment;
    std::optional<double> estimated_rows;
};

struct ColumnInfo {
    std::string name;
    std::string type_name;
    bool not_null = false;
    std::string comment;
    std::string default_expression;
    int key_position = 0;
};

struct TableDetails {
    TableInfo table;
    std::vector<ColumnInfo> columns;
    std::string source;
};

}  // namespace tessera::client
