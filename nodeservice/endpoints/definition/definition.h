#pragma once

/// A query that is published as an endpoint: its name and documentation, its typed parameters, how its rows are paged
/// and sorted, who may call it, and its SQL. Plain values; any thread.

#include "nodeservice/endpoints/definition/value.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tessera::endpoints {

struct Parameter {
    std::string name;
    ParameterType type = ParameterType::kText;
    /// Given several times, or as an array; in SQL an array.
    bool is_list = false;
    std::string documentation;
    bool is_required = false;
    std::optional<std::string> default_value;
    /// The only values allowed, when there are any.
    std::vector<std::string> choices;
    std::optional<std::string> least;
    std::optional<std::string> most;
    /// In characters; of a list: of each of its values.
    std::optional<std::int64_t> most_length;
    std::string example;

    bool operator==(const Parameter&) const = default;
};

struct SortKey {
    std::string column;
    bool is_descending = false;

    bool operator==(const SortKey&) const = default;
};

struct Paging {
    /// Columns that together tell rows apart and order them; never empty.
    std::vector<SortKey> key;
    std::int64_t size = 100;
    std::int64_t most = 1000;

    bool operator==(const Paging&) const = default;
};

struct RateLimit {
    std::int64_t requests = 0;
    std::int64_t seconds = 60;

    bool operator==(const RateLimit&) const = default;
};

struct Definition {
    std::string name;
    std::string documentation;
    std::vector<std::string> tags;
    std::vector<Parameter> parameters;
    std::optional<Paging> paging;
    /// Columns that callers may sort by; only with paging.
    std::vector<std::string> sortable;
    /// Roles that may call it; all when empty.
    std::set<std::string> roles;
    /// Nodes that serve it; all when empty.
    std::set<std::string> nodes;
    /// How long an answer may be given again; 0: never.
    std::int64_t max_age_seconds = 0;
    /// How much longer one stands in while no other can be had; 0: not at all.
    std::int64_t stale_seconds = 0;
    /// Shards that can't be read are left out, and the answer says so.
    bool may_be_partial = false;
    std::optional<RateLimit> rate;
    std::int64_t timeout_ms = 30'000;
    /// It changes rows: called by POST alone, and never answered from a cache.
    bool writes = false;
    std::set<std::string> not_null;
    std::set<std::string> nullable;
    /// By columns of the result: types that they must have.
    std::vector<std::pair<std::string, std::string>> types;
    /// bigint and numeric columns that are JSON's numbers, not texts.
    std::set<std::string> numbers;
    /// Behind the header.
    std::string sql;

    const Parameter* parameter(std::string_view wanted) const {
        for (const Parameter& one : parameters) {
            if (one.name == wanted) {
                return &one;
            }
        }
        return nullptr;
    }

    bool operator==(const Definition&) const = default;
};

/// A column of its result, as PostgreSQL described it when the endpoint was published.
struct ResultColumn {
    std::string name;
    /// As format_type() spells it.
    std::string type;
    bool is_not_null = false;

    bool operator==(const ResultColumn&) const = default;
};

/// Names in query strings that have a meaning for all endpoints; no parameter may have one.
inline constexpr std::array<const char*, 5> kReservedNames = {"limit", "cursor", "sort", "fields", "format"};

}  // namespace tessera::endpoints
