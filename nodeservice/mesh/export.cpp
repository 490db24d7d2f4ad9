#include "nodeservice/mesh/export.h"

#include "common/strings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace tessera::mesh {

namespace {

/// Words that YAML takes for something else than texts, and what it may.
constexpr std::array<std::string_view, 9> kSpecial = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

bool isPlain(const std::string& text) {
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '/';
    }) && std::find(kSpecial.begin(), kSpecial.end(), toLowerAscii(text)) == kSpecial.end();
}

/// A JSON string is YAML, too.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string scalar(const std::string& text) {
    return isPlain(text) ? text : quoted(text);
}

std::string list(const std::vector<std::string>& texts) {
    std::vector<std::string> scalars;
    for (const std::string& text : texts) {
        scalars.push_back(scalar(text));
    }
    return "[" + join(scalars, ", ") + "]";
}

std::string shardByText(const ShardedTable& table) {
    if (table.method == ShardMethod::kReference) {
        return nameOf(table.method);
    }
    const std::string text = std::string(nameOf(table.method)) + " (" + join(table.shard_by, ", ") + ")";
    return std::all_of(table.shard_by.begin(), table.shard_by.end(), isPlain) ? text : quoted(text);
}

std::string shardText(const Shard& shard) {
    const ShardBound& bound = shard.bound;
    std::string text = "{at: " + scalar(shard.primary.text());
    if (bound.modulus > 0) {
        text += ", hash: " + std::to_string(bound.remainder) + " of " + std::to_string(bound.modulus);
    }
    if (!bound.from.empty()) {
        text += ", from: " + list(bound.from);
    }
    if (!bound.to.empty()) {
        text += ", to: " + list(bound.to);
    }
    if (!bound.values.empty()) {
        text += ", values: " + list(bound.values);
    }
    if (bound.is_default) {
        text += ", default: true";
    }
    std::vector<std::string> replicas;
    for (const Replica& replica : shard.replicas) {
        replicas.push_back(replica.at.text());
    }
    return text + (replicas.empty() ? "" : ", replicas: " + list(replicas)) + "}";
}

std::string tableText(const ShardedTable& table) {
    std::string text = "  - name: " + scalar(table.text()) + "\n    shard_by: " + shardByText(table) + "\n";
    if (!table.key.empty()) {
        text += "    key: " + list(table.key) + "\n";
    }
    text += "    columns:\n";
    for (const ShardColumn& column : table.columns) {
        text += "      - {name: " + scalar(column.name) + ", type: " + scalar(column.type) +
                (column.is_not_null ? ", not_null: true}\n" : "}\n");
    }
    if (table.readers) {
        text += "    readers: " + list(*table.readers) + "\n";
    }
    if (!table.writers.empty()) {
        text += "    writers: " + list(table.writers) + "\n";
    }
    if (!table.nodes.empty()) {
        text += "    nodes: " + list({table.nodes.begin(), table.nodes.end()}) + "\n";
    }
    text += "    shards:\n";
    for (const Shard& shard : table.shards) {
        text += "      - " + shardText(shard) + "\n";
    }
    return text;
}

}  // namespace

std::string exportYaml(std::vector<ShardedTable> tables) {
    std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
    std::string text = "# Sharded tables, for 'tessera mesh apply'.\n";
    text += tables.empty() ? "tables: []\n" : "tables:\n";
    for (ShardedTable& table : tables) {
        // A shard's number is its place in the list.
        std::sort(table.shards.begin(), table.shards.end(),
                  [](const Shard& a, const Shard& b) { return a.number < b.number; });
        text += tableText(table);
    }
    return text;
}

}  // namespace tessera::mesh
