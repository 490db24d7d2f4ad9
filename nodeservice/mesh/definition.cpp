#include "nodeservice/mesh/definition.h"

#include "common/config/loader.h"
#include "common/strings.h"

#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace tessera::mesh {

namespace {

using config::flag;
using config::Property;
using config::PropertyType;
using config::required;
using config::Section;
using config::sections;

constexpr std::size_t kMostShards = 1024;

Property property(PropertyType type, std::string name, std::string doc, std::string example = {}) {
    return {.name = std::move(name), .type = type, .doc = std::move(doc), .example = std::move(example)};
}

std::vector<Property> tableProperties() {
    return {
        required(property(PropertyType::kText, "name", "Of the table on every node: schema and name.", "sales.orders")),
        required(
            property(PropertyType::kText, "shard_by",
                     "`hash`, `range` or `list`, and the columns that decide where a row goes; or `reference`: all "
                     "rows are in one shard, and nodes that have a replica of it read that.",
                     "hash (customer)")),
        property(PropertyType::kTextList, "key",
                 "The columns that identify a row, those of `shard_by` among them; needed to update and delete.",
                 "[customer, id]"),
        sections("columns", "Those of the first shard's table when absent.",
                 {required(property(PropertyType::kText, "name", "The column's name.")),
                  required(property(PropertyType::kText, "type", "A PostgreSQL type.")),
                  flag("not_null", "Is it never NULL?", "false")}),
        property(PropertyType::kTextList, "readers",
                 "Roles that may read it. Whoever may read what the node imports when absent."),
        property(PropertyType::kTextList, "writers", "Roles that may change it. Nobody when absent."),
        property(
            PropertyType::kTextList, "nodes",
            "That its shards and replicas are kept to, whatever is rebalanced and drained: names, or labels of which a "
            "node has one (`zone=eu`). Any when absent.",
            "[zone=eu]"),
        flag("check_rows", "Are the rows that are there already looked at: does each belong to its shard?", "true"),
        required(sections(
            "shards", "In the order of their numbers, from 0.",
            {required(property(PropertyType::kText, "at", "Where its rows are: node/schema.table.", "a/crm.orders")),
             property(PropertyType::kTextList, "from", "Of a range: the least key that belongs to it.", "[A]"),
             property(PropertyType::kTextList, "to", "Of a range: the least key that does not any more.", "[M]"),
             property(PropertyType::kTextList, "values", "Of a list: the values that belong to it.", "[DE, FR]"),
             property(PropertyType::kTextList, "replicas",
                      "Empty tables of other nodes, which keep a copy of the shard there for when its node can't be "
                      "asked. When no shard of a table names any, those that there are stay.",
                      "[b/crm.orders_copy]"),
             property(
                 PropertyType::kText, "hash",
                 "Of a hash, where shards have been split: which part it is, as remainder of a modulus. All shards "
                 "have it, or none: then each is as much as the others.",
                 "1 of 6"),
             flag("default", "Does all belong to it that belongs to no other?", "false")})),
    };
}

/// "schema.name", without quotes; empty parts where it is not.
std::pair<std::string, std::string> splitName(const std::string& text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos || text.find('.', dot + 1) != std::string::npos) {
        return {};
    }
    return {text.substr(0, dot), text.substr(dot + 1)};
}

bool isName(const std::string& name) {
    return !name.empty() && name.size() < 64 && name.find('\0') == std::string::npos;
}

std::string trim(const std::string& text) {
    const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    const auto begin = std::find_if_not(text.begin(), text.end(), is_blank);
    const auto end = std::find_if_not(text.rbegin(), text.rend(), is_blank).base();
    return begin < end ? std::string(begin, end) : std::string();
}

class Reader {
  public:
    explicit Reader(std::vector<Error>& errors) : errors_(errors) {}

    Declaration read(const Section& section) {
        Declaration made;
        made.where = section.where();
        made.checks_rows = section.boolean("check_rows");
        ShardedTable& table = made.table;
        std::tie(table.schema, table.name) = splitName(section.text("name"));
        if (!isName(table.schema) || !isName(table.name)) {
            error(section.where("name"), "'" + section.text("name") + "' is not a table's name",
                  "write schema and name: sales.orders");
        }
        readMethod(section, table);
        table.key = section.list("key");
        for (const Section& one : section.sections("columns")) {
            readColumn(one, table);
        }
        if (section.has("readers")) {
            table.readers = section.list("readers");
        }
        table.writers = section.list("writers");
        const std::vector<std::string> nodes = section.list("nodes");
        table.nodes = {nodes.begin(), nodes.end()};
        for (const Section& one : section.sections("shards")) {
            readShard(one, table);
            made.names_replicas = made.names_replicas || one.has("replicas");
        }
        checkKey(section, table);
        checkShards(section, table);
        return made;
    }

  private:
    void error(const std::string& where, const std::string& message, std::string hint = {}) {
        errors_.push_back(fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint)));
    }

    void readMethod(const Section& section, ShardedTable& table) {
        const std::string text = section.text("shard_by");
        if (toLowerAscii(trim(text)) == nameOf(ShardMethod::kReference)) {
            table.method = ShardMethod::kReference;
            return;
        }
        const std::size_t open = text.find('(');
        const std::size_t close = text.rfind(')');
        const std::string method = toLowerAscii(trim(text.substr(0, open)));
        const std::map<std::string, ShardMethod> methods = {
            {"hash", ShardMethod::kHash}, {"range", ShardMethod::kRange}, {"list", ShardMethod::kList}};
        const auto found = methods.find(method);
        if (found == methods.end() || open == std::string::npos || close == std::string::npos || close < open ||
            !trim(text.substr(close + 1)).empty()) {
            error(section.where("shard_by"), "'" + text + "' does not say how rows are shared out",
                  "write hash, range or list and the columns: hash (customer); or reference");
            return;
        }
        table.method = found->second;
        std::string columns = text.substr(open + 1, close - open - 1) + ",";
        for (std::size_t at = 0, comma = 0; (comma = columns.find(',', at)) != std::string::npos; at = comma + 1) {
            table.shard_by.push_back(trim(columns.substr(at, comma - at)));
        }
        if (std::any_of(table.shard_by.begin(), table.shard_by.end(), [](const auto& one) { return !isName(one); })) {
            error(section.where("shard_by"), "'" + text + "' names no column");
        } else if (table.method == ShardMethod::kList && table.shard_by.size() != 1) {
            error(section.where("shard_by"), "a list is of one column, not " + std::to_string(table.shard_by.size()));
        }
    }

    void readColumn(const Section& section, ShardedTable& table) {
        const ShardColumn column{section.text("name"), section.text("type"), section.boolean("not_null")};
        if (!isName(column.name)) {
            error(section.where("name"), "'" + column.name + "' is not a column's name");
        }
        table.columns.push_back(column);
    }

    void readShard(const Section& section, ShardedTable& table) {
        Shard shard;
        shard.number = static_cast<std::int64_t>(table.shards.size());
        if (auto place = readPlace(section.text("at"))) {
            shard.primary = std::move(*place);
        } else {
            error(section.where("at"), place.error().message, place.error().hint);
        }
        shard.bound = {section.list("from"), section.list("to"), section.list("values"), section.boolean("default")};
        readHash(section, shard.bound);
        checkBound(section, table, shard.bound);
        readReplicas(section, shard);
        table.shards.push_back(std::move(shard));
    }

    /// "1 of 6".
    void readHash(const Section& section, ShardBound& bound) {
        if (!section.has("hash")) {
            return;
        }
        const std::string text = section.text("hash");
        int end = 0;
        if (std::sscanf(text.c_str(), "%9" SCNd64 " of %9" SCNd64 "%n", &bound.remainder, &bound.modulus, &end) != 2 ||
            static_cast<std::size_t>(end) != text.size() || bound.remainder < 0 || bound.modulus <= bound.remainder) {
            error(section.where("hash"), "'" + text + "' is no part of a hash", "write it like '1 of 6'");
        }
    }

    void readReplicas(const Section& section, Shard& shard) {
        std::set<std::string> nodes = {shard.primary.node};
        for (const std::string& text : section.list("replicas")) {
            auto place = readPlace(text);
            if (!place) {
                error(section.where("replicas"), place.error().message, place.error().hint);
                continue;
            }
            if (!nodes.insert(place->node).second) {
                error(section.where("replicas"),
                      place->node == shard.primary.node
                          ? text + " is at the node of the shard itself, and would be away with it"
                          : "the shard has two replicas at node '" + place->node + "'",
                      "a replica lies at a node of its own");
            }
            shard.replicas.push_back({.at = std::move(*place)});
        }
    }

    void checkBound(const Section& section, const ShardedTable& table, const ShardBound& bound) {
        const bool has_range = !bound.from.empty() || !bound.to.empty();
        const bool has_list = !bound.values.empty();
        const char* method = nameOf(table.method);
        if ((has_range && table.method != ShardMethod::kRange) ||
            (section.has("hash") && table.method != ShardMethod::kHash) ||
            (has_list && table.method != ShardMethod::kList) ||
            (bound.is_default && (table.method == ShardMethod::kHash || table.method == ShardMethod::kReference))) {
            error(section.where(), std::string("this shard has a bound that '") + method + "' does not know",
                  table.method == ShardMethod::kReference ? "the one shard of a reference table has all rows"
                  : table.method == ShardMethod::kHash
                      ? "shards by hash have none but 'hash': their order is their bound"
                  : table.method == ShardMethod::kRange ? "a range has 'from' and 'to', or 'default: true'"
                                                        : "a list has 'values', or 'default: true'");
        } else if (bound.is_default && (has_range || has_list)) {
            error(section.where("default"), "the default shard has no bound of its own");
        } else if (table.method == ShardMethod::kList && !has_list && !bound.is_default) {
            error(section.where(), "this shard has no values", "write 'values', or 'default: true'");
        }
        for (const auto* side : {&bound.from, &bound.to}) {
            if (!side->empty() && side->size() != table.shard_by.size()) {
                error(section.where(side == &bound.from ? "from" : "to"),
                      "it has " + std::to_string(side->size()) + " values for " +
                          std::to_string(table.shard_by.size()) + " columns of 'shard_by'");
            }
        }
    }

    void checkKey(const Section& section, const ShardedTable& table) {
        for (const std::string& column : table.shard_by) {
            if (!table.key.empty() && std::find(table.key.begin(), table.key.end(), column) == table.key.end()) {
                error(section.where("key"), "the key lacks '" + column + "', by which the table is sharded",
                      "a key without it could stand in two shards without anybody seeing it: add the column");
            }
        }
        if (table.columns.empty()) {
            return;
        }
        std::set<std::string> names;
        for (const ShardColumn& column : table.columns) {
            if (!names.insert(column.name).second) {
                error(section.where("columns"), "there are two columns '" + column.name + "'");
            }
        }
        for (const auto& [list, property_name] :
             {std::pair(&table.shard_by, "shard_by"), std::pair(&table.key, "key")}) {
            for (const std::string& column : *list) {
                if (!names.contains(column)) {
                    error(section.where(property_name), "there is no column '" + column + "'",
                          suggestion(column, {names.begin(), names.end()}));
                }
            }
        }
    }

    /// Each part of the hash once: what PostgreSQL does not say is which rows would have no shard.
    void checkHash(const Section& section, const ShardedTable& table) {
        std::int64_t greatest = 0;
        for (const Shard& shard : table.shards) {
            greatest = std::max(greatest, shard.bound.modulus);
        }
        if (greatest == 0) {
            return;
        }
        std::int64_t covered = 0;
        for (const Shard& shard : table.shards) {
            const std::int64_t modulus = shard.bound.modulus;
            if (modulus == 0 || greatest % modulus != 0) {
                error(section.where("shards"),
                      "shard " + std::to_string(shard.number) +
                          (modulus == 0
                               ? " does not say which part of the hash it is, and others do"
                               : ": " + std::to_string(modulus) + " does not divide " + std::to_string(greatest)),
                      "all shards have 'hash', or none");
                return;
            }
            covered += greatest / modulus;
        }
        if (covered != greatest) {
            error(section.where("shards"),
                  "the shards have " + std::to_string(covered) + " parts of the hash of " + std::to_string(greatest),
                  "each part belongs to one shard");
        }
    }

    void checkShards(const Section& section, const ShardedTable& table) {
        checkHash(section, table);
        if (table.shards.empty() || table.shards.size() > kMostShards) {
            error(section.where("shards"), "a table has 1 to " + std::to_string(kMostShards) + " shards, not " +
                                               std::to_string(table.shards.size()));
        }
        if (table.method == ShardMethod::kReference && (table.shards.size() > 1 || table.key.empty())) {
            error(section.where(table.key.empty() ? "shard_by" : "shards"),
                  table.key.empty() ? "a reference table has no key" : "a reference table has one shard, not several",
                  table.key.empty() ? "name the columns that identify a row"
                                    : "name other nodes' tables as 'replicas' of it");
        }
        std::map<std::string, std::int64_t> places;
        std::map<std::string, std::int64_t> values;
        std::optional<std::int64_t> default_shard;
        for (const Shard& shard : table.shards) {
            const std::string number = std::to_string(shard.number);
            const auto once = [&](std::map<std::string, std::int64_t>& seen, const std::string& key,
                                  const std::string& what) {
                const auto [found, is_new] = seen.emplace(key, shard.number);
                if (!is_new) {
                    error(section.where("shards"),
                          what + " is of shard " + std::to_string(found->second) + " and of shard " + number);
                }
            };
            once(places, shard.primary.text(), "the table " + shard.primary.text());
            for (const Replica& replica : shard.replicas) {
                once(places, replica.at.text(), "the table " + replica.at.text());
            }
            if (!shard.replicas.empty() && table.key.empty()) {
                error(section.where("shards"),
                      "shard " + number + " has replicas, and the rows of the table can not be told apart",
                      "declare the table with a key");
            }
            for (const std::string& value : shard.bound.values) {
                once(values, value, "the value '" + value + "'");
            }
            if (shard.bound.is_default && default_shard) {
                error(section.where("shards"),
                      "shards " + std::to_string(*default_shard) + " and " + number + " are both the default");
            }
            default_shard = shard.bound.is_default ? shard.number : default_shard;
        }
    }

    std::vector<Error>& errors_;
};

}  // namespace

const char* nameOf(ShardMethod method) {
    switch (method) {
        case ShardMethod::kHash:
            return "hash";
        case ShardMethod::kRange:
            return "range";
        case ShardMethod::kList:
            return "list";
        case ShardMethod::kReference:
            break;
    }
    return "reference";
}

const config::Schema& meshSchema() {
    static const config::Schema instance{
        "Sharded tables", "", {required(sections("tables", "Tables cut into shards.", tableProperties()))}};
    return instance;
}

Result<Place> readPlace(const std::string& text) {
    Place place;
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos) {
        place.node = text.substr(0, slash);
        std::tie(place.schema, place.table) = splitName(text.substr(slash + 1));
    }
    if (!isName(place.node) || !isName(place.schema) || !isName(place.table)) {
        return fail(ErrorCode::kInvalidArgument, "'" + text + "' is not a place",
                    "write node/schema.table: a/crm.orders");
    }
    return place;
}

Declarations readDeclarations(const std::string& text, const std::string& origin) {
    Declarations made;
    config::Reading reading = config::parseAll(text, origin, "/", meshSchema());
    made.errors = std::move(reading.errors);
    if (!reading.section || !made.errors.empty()) {
        return made;
    }
    Reader reader(made.errors);
    std::set<std::string> names;
    for (const Section& section : reading.section->sections("tables")) {
        made.tables.push_back(reader.read(section));
        if (!names.insert(made.tables.back().table.text()).second) {
            made.errors.push_back(fail(ErrorCode::kInvalidArgument, section.where("name") + ": the table '" +
                                                                        section.text("name") + "' stands here twice"));
        }
    }
    if (!made.errors.empty()) {
        made.tables.clear();
    }
    return made;
}

}  // namespace tessera::mesh
