#include "tests/correctness/hostile_table.h"

#include "common/strings.h"

#include <algorithm>
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

}  // namespace

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
    for (HostileColumn& column : columns_) {
        const bool is_date = column.type == "date" || column.type == "timestamp";
        std::erase_if(column.values, [&](const std::string& value) {
            return (!abilities.every_float && isSpecialFloat(value)) ||
                   (!abilities.every_date && is_date && !isPlainDate(value));
        });
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
    const char* given = std::getenv("TESSERA_SEED");  // NOLINT(concurrency-mt-unsafe)
    return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 20261121U;
}

}  // namespace tessera::correctness
