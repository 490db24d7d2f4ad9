#include "tests/correctness/hostile_table.h"

#include "common/strings.h"
#include "tests/support/seed.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <stdexcept>

namespace tessera::correctness {

namespace {

const std::vector<std::string> kTexts = {"",
                                         " ",
                                         "a",
                                         "A",
                                         "a ",
                                         "á",
                                         "a\xCC\x81",
                                         "ab",
                                         "aB",
                                         "B",
                                         "b",
                                         "ß",
                                         "ss",
                                         "SS",
                                         "z",
                                         "Z",
                                         "é",
                                         "É",
                                         "%",
                                         "_",
                                         "a%b",
                                         "a_b",
                                         "a\\b",
                                         "\\",
                                         "O'Hara",
                                         "\"quoted\"",
                                         "\xE2\x84\xAA",
                                         "k",
                                         "K",
                                         "i",
                                         "I",
                                         "ı",
                                         "İ",
                                         "tab\there",
                                         "10",
                                         "9",
                                         "x\x7F",
                                         "\xF0\x9F\x98\x80",
                                         "null",
                                         "NULL",
                                         "  lead",
                                         "ＡＢ",
                                         "Straße",
                                         "abcabc"};

const std::vector<std::string> kShortTexts = {"",  "x", "X",           "x ",          "y", "é",
                                              "E", "%", "under_score", "UNDER_SCORE", "é́"};

bool isSpecialFloat(const std::string& value) {
    return value == "NaN" || value.find("Infinity") != std::string::npos;
}

bool isPlainDate(const std::string& value) {
    return value.find_first_not_of("0123456789-: .+") == std::string::npos && value.find('-') == 4 && value >= "1000";
}

std::vector<HostileColumn> allColumns() {
    return {
        {"i2", "smallint", {"0", "1", "-1", "5", "32767", "-32768", "100"}},
        {"i4", "integer", {"0", "1", "-1", "5", "2147483647", "-2147483648", "100", "7"}},
        {"i8", "bigint", {"0", "1", "-1", "5", "9007199254740993", "-9007199254740993", "2147483648"}},
        {"f8",
         "double precision",
         {"0", "1", "-1", "0.1", "-0.5", "1.5", "100", "123456.789", "1e+20", "NaN", "Infinity", "-Infinity"}},
        {"num",
         "numeric(20,4)",
         {"0.0000", "1.0000", "-1.0000", "0.1000", "1.5000", "5.0000", "1234567890123456.7891", "-0.0001"}},
        {"txt", "text", kTexts},
        {"vc", "varchar(20)", kShortTexts},
        {"b", "boolean", {"t", "f"}},
        {"d",
         "date",
         {"1970-01-01", "2024-02-29", "2000-01-01", "1999-12-31", "9999-12-31", "0044-03-15 BC", "infinity",
          "12024-01-01"}},
        {"ts",
         "timestamp",
         {"1970-01-01 00:00:00", "2024-02-29 23:59:59", "2000-01-01 00:00:00", "1999-12-31 12:34:56",
          "2024-02-29 00:00:00", "-infinity"}},
    };
}

/// For pairs(): fewer values than above, as they are squared.
std::vector<HostileColumn> pairColumns() {
    return {
        {"int2", "smallint", {"0", "1", "-1", "2", "7", "32767", "-32768", "181", "256"}},
        {"int4", "integer", {"0", "1", "-1", "2", "-7", "2147483647", "-2147483648", "65536", "46341"}},
        {"int8",
         "bigint",
         {"0", "1", "-1", "3", "-7", "9223372036854775807", "-9223372036854775808", "4294967296", "9007199254740993"}},
        {"float8",
         "double precision",
         {"0", "-0", "1", "-1", "0.1", "-0.5", "1.5", "2.5", "1e+308", "-1e+308", "1e-300", "123456.789", "Infinity",
          "-Infinity", "NaN"}},
        {"float4", "real", {"0", "-0", "1", "-1.5", "0.1", "3e+38", "1e-38", "Infinity", "NaN"}},
        {"numeric", "numeric(12,2)", {"0.00", "1.00", "-1.00", "0.01", "2.50", "-2.50", "9999999999.99", "0.05"}},
        {"text",
         "text",
         {"",
          " ",
          "a",
          "A",
          "a ",
          " a",
          "\xC3\xA1",
          "ab",
          "aB",
          "abcabc",
          "%",
          "_",
          "a\\b",
          "O'Hara",
          "x\xF0\x9F\x98\x80y",
          "a\xCC\x81",
          "Stra\xC3\x9F"
          "e",
          "\xC4\xB0I",
          "tab\there",
          "1",
          "b,a,,c"}},
        {"varchar", "varchar(20)", {"", "x", "X", "x ", "\xC3\xA9", "%"}},
        {"bool", "boolean", {"t", "f"}},
        {"date",
         "date",
         {"1970-01-01", "2024-02-29", "2000-01-01", "1999-12-31", "9999-12-31", "1000-01-01", "2024-12-30",
          "2021-01-03", "0044-03-15 BC", "infinity", "-infinity", "12024-01-01"}},
        {"timestamp",
         "timestamp",
         {"1970-01-01 00:00:00", "2024-02-29 23:59:59.999999", "2000-01-01 00:00:00", "1999-12-31 12:34:56.5",
          "9999-12-31 23:59:59", "2021-01-03 00:00:01", "1000-01-01 00:00:00", "2024-12-30 01:00:00", "infinity",
          "0044-03-15 12:00:00 BC"}},
        {"time", "time", {"00:00:00", "23:59:59.999999", "12:34:56", "24:00:00"}},
        {"timestamptz",
         "timestamp with time zone",
         {"1970-01-01 00:00:00+00", "2024-03-31 01:30:00+00", "2024-10-27 00:30:00+00", "2024-10-27 01:30:00+00",
          "infinity"}},
        {"interval",
         "interval",
         {"00:00:00", "1 day", "24:00:00", "-1 mon", "30 days", "1 year 2 mons 3 days 04:05:06.789"}},
        {"bytea", "bytea", {"", "\\x00", "\\xff00", "\\x6162"}},
        {"uuid", "uuid", {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}},
        {"jsonb", "jsonb", {"{}", "{\"a\": 1, \"b\": [1, null]}", "[1, \"a\", null]", "null", "\"a\"", "1.50"}},
        {"json", "json", {"{}", "{\"a\": {\"b\":\"x\"}, \"a\": 2}", "[1,\"a\",null]", "1.50"}},
        {"_int4", "integer[]", {"{}", "{1,2,3}", "{NULL,1}", "{{1,2},{3,4}}", "[2:3]={7,8}"}},
        {"_text", "text[]", {"{}", "{a,\"b c\",NULL}", "{A,a}"}},
    };
}

void keepPossible(HostileColumn& column, const Abilities& abilities) {
    const bool is_date = column.type == "date" || column.type.starts_with("timestamp");
    std::erase_if(column.values, [&](const std::string& value) {
        return (!abilities.every_float && isSpecialFloat(value)) ||
               (!abilities.every_date && is_date && !isPlainDate(value)) ||
               (!abilities.every_date && value == "24:00:00" && column.type == "time");
    });
}

}  // namespace

HostileTable HostileTable::pairs(const Abilities& abilities) {
    HostileTable table;
    constexpr std::array kEverywhere = {"int2",    "int4", "int8", "float8",   "text",
                                        "varchar", "bool", "date", "timestamp"};
    std::size_t most = 0;
    for (HostileColumn& column : pairColumns()) {
        const auto& more = abilities.more_types;
        const bool known = std::find(kEverywhere.begin(), kEverywhere.end(), column.name) != kEverywhere.end() ||
                           std::find(more.begin(), more.end(), column.name) != more.end() ||
                           (column.name == "numeric" && abilities.decimals);
        if (!known) {
            continue;
        }
        keepPossible(column, abilities);
        most = std::max(most, column.values.size());
        table.columns_.push_back({column.name + "_a", column.type, column.values});
        table.columns_.push_back({column.name + "_b", column.type, column.values});
    }
    for (std::size_t row = 0; row < most * most; ++row) {
        auto& values = table.rows_.emplace_back();
        for (std::size_t i = 0; i < table.columns_.size(); ++i) {
            const auto& all = table.columns_[i].values;
            const std::size_t place = i % 2 == 0 ? row % all.size() : row / all.size() % (all.size() + 1);
            // The second one of a pair is NULL in the end.
            values.push_back(place < all.size() ? std::optional(all[place]) : std::nullopt);
        }
    }
    auto& last = table.rows_.emplace_back();
    last.resize(table.columns_.size());
    return table;
}

std::string insertLiteral(const std::string& type, const std::optional<std::string>& value) {
    if (!value) {
        return "NULL";
    }
    if (type == "boolean") {
        return *value == "t" ? "TRUE" : "FALSE";
    }
    return quoteLiteral(*value);
}

HostileTable::HostileTable(const Abilities& abilities, std::uint32_t seed, int rows) : columns_(allColumns()) {
    if (!abilities.decimals) {
        std::erase_if(columns_, [](const HostileColumn& column) { return column.name == "num"; });
    }
    for (const HostileColumn& column : pairColumns()) {
        const auto& more = abilities.more_types;
        if (std::find(more.begin(), more.end(), column.name) != more.end()) {
            columns_.push_back({"x_" + column.name, column.type, column.values});
        }
    }
    for (HostileColumn& column : columns_) {
        keepPossible(column, abilities);
    }
    std::mt19937 random(seed);
    for (int row = 0; row < rows; ++row) {
        auto& values = rows_.emplace_back();
        for (const HostileColumn& column : columns_) {
            // Each value stands there once at least; then chance, with some NULLs.
            const auto count = static_cast<int>(column.values.size());
            if (row < count) {
                values.emplace_back(column.values[static_cast<std::size_t>(row)]);
            } else if (random() % 8 == 0) {
                values.emplace_back(std::nullopt);
            } else {
                values.emplace_back(column.values[random() % column.values.size()]);
            }
        }
    }
}

const HostileColumn& HostileTable::column(const std::string& name) const {
    for (const HostileColumn& column : columns_) {
        if (column.name == name) {
            return column;
        }
    }
    throw std::out_of_range("no column " + name);
}

std::string HostileTable::insertStatement(const std::string& name) const {
    std::string sql = "INSERT INTO " + name + " VALUES ";
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        sql += (row == 0 ? "(" : ", (") + std::to_string(row + 1);
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            sql += ", " + insertLiteral(columns_[i].type, rows_[row][i]);
        }
        sql += ")";
    }
    return sql;
}

std::uint32_t seed() {
    return testSeed();
}

}  // namespace tessera::correctness
