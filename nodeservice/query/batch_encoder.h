#pragma once

/// Turns rows in PostgreSQL's text form into the columnar batches of query.proto: integers, floats and booleans as
/// fixed-width values, everything else as text. One statement's; its thread only. Pure.

#include "nodeservice/query/statement.h"

#include <string_view>
#include <vector>

namespace tessera::query {

/// How the values of a type travel, by its oid.
Encoding encodingOf(std::uint32_t type_oid);

class BatchEncoder {
  public:
    explicit BatchEncoder(std::vector<Encoding> encodings);

    /// The next row's values must come in the columns' order; `text` empty optional is NULL.
    Result<> append(std::size_t column, std::optional<std::string_view> text);

    void endRow() { ++rows_; }

    std::uint32_t rows() const { return rows_; }

    /// About how large the batch is now.
    std::size_t bytes() const { return bytes_; }

    /// The rows so far; the encoder is empty afterwards.
    Batch take();

  private:
    struct Builder {
        Encoding encoding = Encoding::kText;
        bool has_null = false;
        ColumnData data;
    };

    std::vector<Builder> columns_;
    std::uint32_t rows_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace tessera::query
