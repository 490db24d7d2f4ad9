#include "tests/conformance/source.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::conformance {
namespace {

using Json = nlohmann::json;

KnownTable makeKnownTable() {
    const std::string maximum = "9223372036854775807";
    return {
        "known",
        "one column of each type",
        {{"id", "integer", TSR_TYPE_INT32, {"1", "2", "3", "4"}, true, 1},
         {"flag", "boolean", TSR_TYPE_BOOL, {"t", "f", std::nullopt, "t"}},
         {"small", "smallint", TSR_TYPE_INT16, {"-32768", "32767", std::nullopt, "0"}},
         {"big", "bigint", TSR_TYPE_INT64, {"-9223372036854775808", maximum, std::nullopt, "0"}},
         {"single", "real", TSR_TYPE_FLOAT32, {"-Infinity", "0.5", std::nullopt, "NaN"}},
         {"double", "double precision", TSR_TYPE_FLOAT64, {"1.7976931348623157e+308", "-0", std::nullopt, "Infinity"}},
         {"exact", "numeric", TSR_TYPE_DECIMAL, {"123456789012345678901234567890.0100", "NaN", std::nullopt, "-0.5"}},
         {"words", "text", TSR_TYPE_TEXT, {"", "Žluť 🐎 '\"\\%_", std::nullopt, longText(1024 * 1024)}},
         {"bytes", "bytea", TSR_TYPE_BYTES, {"\\x", "\\x00ff5c", std::nullopt, "\\x27"}},
         {"day", "date", TSR_TYPE_DATE, {"0044-03-15 BC", "infinity", std::nullopt, "2024-02-29"}},
         {"clock", "time", TSR_TYPE_TIME, {"00:00:00", "24:00:00", std::nullopt, "23:59:59.999999"}},
         {"moment",
          "timestamp",
          TSR_TYPE_TIMESTAMP,
          {"-infinity", "0001-01-01 00:00:00 BC", std::nullopt, "1969-12-31 23:59:59.5"}},
         {"instant",
          "timestamptz",
          TSR_TYPE_TIMESTAMPTZ,
          {"infinity", "2024-02-29 12:34:56.789+00", std::nullopt, "1970-01-01 00:00:00+00"}},
         {"key",
          "uuid",
          TSR_TYPE_UUID,
          {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", std::nullopt,
           "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
         {"document", "json", TSR_TYPE_LITERAL, {"{}", "[1, null]", std::nullopt, "\"x\""}}}};
}

Json declare(const KnownTable& table) {
    Json columns = Json::array();
    for (const KnownColumn& column : table.columns) {
        columns.push_back({{"name", column.name},
                           {"type", column.pg_type},
                           {"not_null", column.not_null},
                           {"key", column.key_position}});
    }
    Json rows = Json::array();
    for (std::size_t row = 0; row < table.rowCount(); ++row) {
        Json cells = Json::array();
        for (const KnownColumn& column : table.columns) {
            cells.push_back(column.values[row] ? Json(*column.values[row]) : Json());
        }
        rows.push_back(std::move(cells));
    }
    return {{"comment", table.comment}, {"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

class MemorySource : public Source {
  public:
    MemorySource() : known_(makeKnownTable()) {
        const Json many = {
            {"rows", manyRows()},
            {"columns",
             {{{"name", "id"}, {"type", "bigint"}}, {{"name", "filler"}, {"type", "text"}, {"value", "text"}}}}};
        tables_ = Json{{"known", declare(known_)}, {"many", many}}.dump();
    }

    std::string connector() const override { return "memory"; }

    OptionList options() const override {
        return {{"tables", tables_}, {"required_password", "right"}, {"password", "right"}};
    }

    std::string schema() const override { return "any"; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        return plan({{"table_name", table}}, columns).dump();
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        static const std::vector<std::pair<std::string, std::string>> kFunctions = {{"integer", "int4eq(int4,int4)"},
                                                                                    {"smallint", "int2eq(int2,int2)"},
                                                                                    {"bigint", "int8eq(int8,int8)"},
                                                                                    {"text", "texteq(text,text)"}};
        const auto column = std::find_if(known_.columns.begin(), known_.columns.end(),
                                         [&](const KnownColumn& known) { return known.name == filter_column; });
        for (const auto& [type, function] : kFunctions) {
            if (column->pg_type == type) {
                Json filtered = plan({{"table_name", table}}, columns);
                filtered["filter"] = {{{"call", function}, {"args", {{{"column", filter_column}}, {{"param", 1}}}}}};
                return filtered.dump();
            }
        }
        return std::nullopt;
    }

    Result<> makeManyRows() override { return {}; }

    std::optional<std::string> longStatement() const override {
        return plan({{"table_name", "many"}, {"delay_ms", "120000"}}, {"id"}).dump();
    }

    std::optional<OptionList> optionsWithWrongPassword() const override {
        return OptionList{{"tables", tables_}, {"required_password", "right"}, {"password", "wrong secret"}};
    }

  private:
    static Json plan(const Json& table_options, const std::vector<std::string>& columns) {
        return {{"version", 1}, {"scan", {{"options", table_options}}}, {"columns", columns}};
    }

    KnownTable known_;
    std::string tables_;
};

Result<std::unique_ptr<Source>> startMemorySource() {
    return std::unique_ptr<Source>(std::make_unique<MemorySource>());
}

INSTANTIATE_TEST_SUITE_P(Memory, ConnectorConformance, testing::Values(SourceFactory{"memory", &startMemorySource}));

}  // namespace
}  // namespace tessera::conformance
