#pragma once

/// How the columns of one result become the columns of a batch: chosen once, from the result's description, and used
/// for every row, whether it came by itself or in a COPY.

#include "plugins/postgres/decode.h"
#include "plugins/postgres/remote_error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::postgres_connector {

class RowDecoder {
  public:
    /// Nothing is decoded: the rows are only counted.
    RowDecoder() = default;

    /// An error names the column that can't be read as the batch wants it.
    static Result<RowDecoder> choose(const PGresult* description, const sdk::BatchBuilder& batch,
                                     const SourceName& source);

    std::size_t columnCount() const { return columns_.size(); }

    /// Is the binary form of every column the one that TSR_ENCODING_TUPLES asks for?
    bool isPlain() const { return plain_; }

    /// Appends one value, not NULL.
    Result<> decode(std::size_t column, std::string_view value, sdk::BatchBuilder& batch) {
        auto added = columns_[column].decoder(value, batch, column, scratch_);
        return added ? std::move(added) : Result<>(inColumn(std::move(added.error()), column));
    }

    /// Appends a whole tuple of a binary COPY.
    Result<> decodeTuple(std::string_view tuple, sdk::BatchBuilder& batch);

  private:
    struct Column {
        std::string name;
        Decoder decoder;
    };

    Error inColumn(Error error, std::size_t column) const;

    std::vector<Column> columns_;
    SourceName source_;
    bool plain_ = false;
    std::string scratch_;
};

/// Is `bytes` the beginning of a tuple of a binary COPY, all of it, or more? The number of bytes it takes, or nothing
/// as long as some are missing.
std::optional<std::size_t> tupleSize(std::string_view bytes);

}  // namespace tessera::postgres_connector
