#pragma once

/// A model: an entity over a table or view, in all versions that are served at once. Each version is derived from the
/// one behind it by its changes, and becomes endpoints: one that reads (NAME@vN), and those that write. Plain values.

#include "nodeservice/endpoints/definition/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::endpoints {

struct ModelField {
    std::string name;
    /// Of the table; empty for a field that is computed.
    std::string column;
    /// An expression over the table's columns; empty for a column.
    std::string sql;
    ParameterType type = ParameterType::kText;
    std::string documentation;
    bool is_not_null = false;
    /// Must it be given to insert a row? Else it is NULL; what the table's own default is to give is read-only.
    bool is_required = false;
    /// Neither inserted nor updated.
    bool is_read_only = false;
    /// Of an id that is made (isMade()): may it be given all the same?
    bool is_given = false;
    /// Of a column that is made (Model::creates): an SQL expression, or empty.
    std::string column_default{};
    /// What is allowed to be written, as of Parameter.
    std::vector<std::string> choices;
    std::optional<std::string> least;
    std::optional<std::string> most;
    std::optional<std::int64_t> most_length;
};

/// The table that holds which rows of two others belong together.
struct Through {
    std::string table;
    /// Equals the relationship's `column`, and its `other_column`.
    std::string column;
    std::string other_column;
};

/// Rows of another model that belong to one of this.
struct Relationship {
    std::string name;
    /// "order@v1"
    std::string model;
    /// A column of this table, and the column of the other's that equals it.
    std::string column;
    std::string other_column;
    /// One or none, instead of a list.
    bool is_single = false;
    /// Of many to many; else the two columns equal each other.
    std::optional<Through> through{};
};

struct ModelVersion {
    std::int64_t version = 0;
    std::vector<ModelField> fields;
};

struct Model {
    std::string name;
    std::string documentation;
    std::vector<std::string> tags;
    /// As SQL names it: "sales.customers".
    std::string table;
    /// Is the table made where it is missing, and columns that it lacks? Nothing is ever taken from it.
    bool creates = false;
    /// Names of fields of the newest version.
    std::vector<std::string> key;
    std::vector<Relationship> relationships;
    /// The newest first; never empty.
    std::vector<ModelVersion> versions;
    /// Old versions that are to be served no more.
    std::vector<std::int64_t> retired;
    bool inserts = false;
    bool updates = false;
    bool deletes = false;
    std::vector<std::string> roles;
    std::vector<std::string> nodes;
    /// What messages call it.
    std::string where;
};

/// Is the field's value made when a row is inserted without it? So is a key that is one uuid, unless the table makes
/// it.
inline bool isMade(const Model& model, const ModelField& field) {
    return model.key == std::vector{field.name} && field.type == ParameterType::kUuid && !field.is_read_only;
}

/// What comes behind "NAME@v2" in the names of a version's endpoints: that which reads, then those that write.
inline std::vector<std::string> endpointEnds(const Model& model) {
    std::vector<std::string> ends = {""};
    const auto add = [&](bool is_there, std::string end) {
        if (is_there) {
            ends.push_back(std::move(end));
        }
    };
    add(model.inserts, "-insert");
    add(model.updates, "-update");
    add(model.deletes, "-delete");
    for (const Relationship& relationship : model.relationships) {
        add(relationship.through && model.inserts, "-" + relationship.name + "-insert");
        add(relationship.through && model.deletes, "-" + relationship.name + "-delete");
    }
    return ends;
}

}  // namespace tessera::endpoints
