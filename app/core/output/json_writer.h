#pragma once

/// JSON: one array of objects, or one object a line (NDJSON). Numbers and booleans keep their type, json and jsonb
/// values are embedded, all else is a string; what JSON has no number for (NaN, Infinity) is a string too. Columns of
/// the same name get a number: "id", "id_2". Any number of rows in constant memory.

#include "app/core/output/cell_kind.h"
#include "app/core/output/row_writer.h"

namespace tessera::app {

enum class JsonLayout { kArray, kLines };

class JsonWriter final : public RowWriter {
  public:
    JsonWriter(Output& output, JsonLayout layout) : output_(output), layout_(layout) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    struct Field {
        /// `"name":`
        std::string key;
        CellKind kind;
    };

    void appendRow(std::string& text, const client::ResultBatch& batch, std::size_t row) const;

    Output& output_;
    JsonLayout layout_;
    std::vector<Field> fields_;
    bool has_rows_ = false;
};

void appendJsonString(std::string& text, std::string_view value);

}  // namespace tessera::app
