#pragma once

/// A statement's result as the body of an answer, part by part, in one of several formats. One answer's.

#include "nodeservice/query/statement.h"
#include "nodeservice/rest/query_request.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::rest {

class ResultWriter {
  public:
    virtual ~ResultWriter() = default;

    virtual std::string begin(const std::vector<query::Column>& columns) = 0;
    /// The batch's rows from `first` to `end`, which is one behind the last.
    virtual std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) = 0;
    /// `completion`: none when rows remain behind the cursor.
    virtual std::string end(const query::Completion* completion, const std::string& cursor) = 0;
    /// The end of a body that an error cut short; nothing where the format cannot say so, and the answer must be
    /// broken off.
    virtual std::optional<std::string> fail(const Error& error) = 0;
};

const char* contentTypeOf(Format format);

std::unique_ptr<ResultWriter> makeResultWriter(Format format);

/// `text` as a JSON string.
void appendJsonText(std::string& out, std::string_view text);
/// The value as JSON has it in all formats.
void appendJson(std::string& out, const query::Column& column, const query::ColumnData& data, std::size_t row);

/// Is the value NULL?
bool isNull(const query::ColumnData& column, std::size_t row);
/// Of a column of texts.
std::string_view textAt(const query::ColumnData& column, std::size_t row);

/// Of a column of fixed width.
template <class T>
T numberAt(const query::ColumnData& column, std::size_t row) {
    T value;
    column.values.copy(reinterpret_cast<char*>(&value), sizeof value, row * sizeof value);
    return value;
}

}  // namespace tessera::rest
