#include "nodeservice/endpoints/model/derive.h"

#include "common/result.h"
#include "common/strings.h"
#include "nodeservice/endpoints/definition/read.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace tessera::endpoints {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostDepth = 5;
/// jsonb_build_object() takes 100 arguments.
constexpr std::size_t kFieldsAtOnce = 40;

/// A UUID of version 7 (RFC 9562): the milliseconds since 1970 in the place of a random one's first 48 bits, and its
/// version. PostgreSQL 15 has no function for it, and tables need no extension.
constexpr const char* kNewId =
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(floor(extract(epoch FROM "
    "clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid";

std::string nameOf(const Model& model, const ModelVersion& version) {
    return model.name + "@v" + std::to_string(version.version);
}

/// A field's value, of the table by this alias.
std::string expressionOf(const ModelField& field, const std::string& alias) {
    return field.sql.empty() ? alias + "." + quoteIdentifier(field.column) : "(" + field.sql + "\n)";
}

std::string typed(const ModelField& field, const std::string& alias) {
    // A constant has no type by itself.
    return field.sql.empty() ? expressionOf(field, alias)
                             : expressionOf(field, alias) + "::" + endpoints::nameOf(field.type);
}

class Deriver {
  public:
    explicit Deriver(const std::vector<Model>& models) {
        for (const Model& model : models) {
            for (const ModelVersion& version : model.versions) {
                versions_[nameOf(model, version)] = {&model, &version};
            }
        }
    }

    Derived derive(const std::vector<Model>& models) {
        for (const Model& model : models) {
            for (const ModelVersion& version : model.versions) {
                addReading(model, version);
                addWriting(model, version);
            }
        }
        return std::move(made_);
    }

  private:
    struct Known {
        const Model* model;
        const ModelVersion* version;
    };

    void error(const Model& model, const std::string& message, std::string hint) {
        Error made = fail(ErrorCode::kInvalidArgument, model.where + ": " + message, std::move(hint));
        const bool is_known = std::any_of(made_.errors.begin(), made_.errors.end(),
                                          [&](const Error& one) { return one.message == made.message; });
        if (!is_known) {
            made_.errors.push_back(std::move(made));
        }
    }

    void add(const Model& model, ordered_json header, const std::string& sql) {
        const std::string name = header["endpoint"];
        if (!model.tags.empty()) {
            header["tags"] = model.tags;
        }
        if (!model.roles.empty()) {
            header["roles"] = model.roles;
        }
        if (!model.nodes.empty()) {
            header["nodes"] = model.nodes;
        }
        std::string yaml = header.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
        // A text must not end the comment; JSON and YAML have another spelling of '/'.
        for (std::size_t at = yaml.find("*/"); at != std::string::npos; at = yaml.find("*/", at)) {
            yaml.replace(at, 2, "*\\/");
        }
        made_.files.push_back({name, "/*\n" + yaml + "\n*/\n" + sql + "\n", model.where});
    }

    static ordered_json parameterOf(const ModelField& field) {
        ordered_json made = {{"name", field.name}, {"type", endpoints::nameOf(field.type)}};
        if (!field.documentation.empty()) {
            made["documentation"] = field.documentation;
        }
        return made;
    }

    /// With what may be written.
    static ordered_json writtenOf(const ModelField& field, bool is_required) {
        ordered_json made = parameterOf(field);
        if (is_required) {
            made["required"] = true;
        }
        if (!field.choices.empty()) {
            made["enum"] = field.choices;
        }
        if (field.least) {
            made["min"] = *field.least;
        }
        if (field.most) {
            made["max"] = *field.most;
        }
        if (field.most_length) {
            made["max_length"] = *field.most_length;
        }
        return made;
    }

    // --- reading ---

    void addReading(const Model& model, const ModelVersion& version) {
        ordered_json header = {{"endpoint", nameOf(model, version)}};
        header["documentation"] = model.documentation.empty() ? model.name : model.documentation;
        header["parameters"] = ordered_json::array();
        header["page"] = {{"key", model.key}};
        header["sort"] = ordered_json::array();
        header["types"] = ordered_json::object();
        header["not_null"] = ordered_json::array();
        std::string list;
        std::string filters;
        for (const ModelField& field : version.fields) {
            const std::string value = typed(field, "t");
            list += (list.empty() ? "" : ",\n  ") + value + " AS " + quoteIdentifier(field.name);
            header["types"][field.name] = endpoints::nameOf(field.type);
            if (field.is_not_null) {
                header["not_null"].push_back(field.name);
            }
            if (field.type == ParameterType::kJson) {
                continue;
            }
            header["sort"].push_back(field.name);
            header["parameters"].push_back(parameterOf(field));
            filters += (filters.empty() ? "" : "\n  AND ") + ("(:" + field.name + " IS NULL OR ") + value +
                       " = :" + field.name + ")";
        }
        std::vector<std::string> paths;
        list += related(model, "t", "", {nameOf(model, version)}, paths);
        if (!paths.empty()) {
            header["parameters"].push_back({{"name", "include"},
                                            {"list", true},
                                            {"enum", paths},
                                            {"documentation", "Rows of other models that belong to these"}});
        }
        add(model, std::move(header),
            "SELECT " + list + "\nFROM " + model.table + " AS t" + (filters.empty() ? "" : "\nWHERE " + filters));
    }

    /// The relationships as further columns; `way`: the versions that led here.
    std::string related(const Model& model, const std::string& alias, const std::string& path,
                        const std::vector<std::string>& way, std::vector<std::string>& paths) {
        std::string list;
        for (const Relationship& one : model.relationships) {
            std::vector<std::string> below;
            const std::string rows = rowsOf(model, one, alias, path + one.name, way, below);
            const std::string wanted = wantedOf(path + one.name, below);
            list += ",\n  CASE WHEN " + wanted + " THEN " + rows + " END AS " + quoteIdentifier(one.name);
            paths.push_back(path + one.name);
            paths.insert(paths.end(), below.begin(), below.end());
        }
        return list;
    }

    static std::string wantedOf(const std::string& path, const std::vector<std::string>& below) {
        std::string list = quoteLiteral(path);
        for (const std::string& one : below) {
            list += ", " + quoteLiteral(one);
        }
        return ":include && ARRAY[" + list + "]";
    }

    std::string rowsOf(const Model& model, const Relationship& relationship, const std::string& alias,
                       const std::string& path, std::vector<std::string> way, std::vector<std::string>& below) {
        const auto known = versions_.find(relationship.model);
        if (known == versions_.end()) {
            std::vector<std::string> names;
            for (const auto& [name, version] : versions_) {
                names.push_back(name);
            }
            error(model,
                  "the relationship '" + relationship.name + "' leads to '" + relationship.model +
                      "', which is not among these files",
                  suggestion(relationship.model, names));
            return "NULL";
        }
        const bool is_circle = std::find(way.begin(), way.end(), relationship.model) != way.end();
        way.push_back(relationship.model);
        if (is_circle || way.size() > kMostDepth) {
            error(model,
                  "the relationships go " + std::string(is_circle ? "in a circle: " : "too deep: ") + join(way, " → "),
                  "take one of them out");
            return "NULL";
        }
        const auto& [other, version] = known->second;
        const std::string inner = "t" + std::to_string(way.size() - 1);
        std::string object = objectOf(*version, inner);
        for (const Relationship& next : other->relationships) {
            std::vector<std::string> deeper;
            const std::string next_path = path + "." + next.name;
            const std::string rows = rowsOf(*other, next, inner, next_path, way, deeper);
            object += " || CASE WHEN " + wantedOf(next_path, deeper) + " THEN jsonb_build_object(" +
                      quoteLiteral(next.name) + ", " + rows + ") ELSE '{}'::jsonb END";
            below.push_back(next_path);
            below.insert(below.end(), deeper.begin(), deeper.end());
        }
        const std::string from =
            " FROM " + other->table + " AS " + inner + " WHERE " + belonging(relationship, inner, alias);
        if (relationship.is_single) {
            return "(SELECT " + object + from + " LIMIT 1)";
        }
        std::string order;
        for (const std::string& key : other->key) {
            for (const ModelField& field : version->fields) {
                order += field.name == key ? (order.empty() ? " ORDER BY " : ", ") + expressionOf(field, inner) : "";
            }
        }
        return "(SELECT coalesce(jsonb_agg(" + object + order + "), '[]'::jsonb)" + from + ")";
    }

    /// Which rows of the other, called `inner`, belong to one of this, called `alias`.
    static std::string belonging(const Relationship& relationship, const std::string& inner, const std::string& alias) {
        const std::string there = inner + "." + quoteIdentifier(relationship.other_column);
        const std::string here = alias + "." + quoteIdentifier(relationship.column);
        if (!relationship.through) {
            return there + " = " + here;
        }
        const std::string between = "between_" + inner;
        return there + " IN (SELECT " + between + "." + quoteIdentifier(relationship.through->other_column) + " FROM " +
               relationship.through->table + " AS " + between + " WHERE " + between + "." +
               quoteIdentifier(relationship.through->column) + " = " + here + ")";
    }

    static std::string objectOf(const ModelVersion& version, const std::string& alias) {
        std::string objects;
        for (std::size_t i = 0; i < version.fields.size(); ++i) {
            const ModelField& field = version.fields[i];
            const bool is_text = field.type == ParameterType::kBigint || field.type == ParameterType::kNumeric;
            objects += i % kFieldsAtOnce != 0 ? ", " : i == 0 ? "jsonb_build_object(" : ") || jsonb_build_object(";
            objects += quoteLiteral(field.name) + ", " + typed(field, alias) + (is_text ? "::text" : "");
        }
        return objects + ")";
    }

    // --- writing ---

    void addWriting(const Model& model, const ModelVersion& version) {
        std::string returned;
        for (const ModelField& field : version.fields) {
            returned +=
                (returned.empty() ? "\nRETURNING " : ", ") + typed(field, "t") + " AS " + quoteIdentifier(field.name);
        }
        if (model.inserts) {
            addInsert(model, version, returned);
        }
        for (const Relationship& relationship : model.relationships) {
            addLinks(model, version, relationship);
        }
        const bool has_others = model.updates || model.deletes;
        std::string where;
        for (const ModelField& field : version.fields) {
            if (isKey(model, field)) {
                where += (where.empty() ? "\nWHERE " : " AND ") + expressionOf(field, "t") + " = :" + field.name;
            }
        }
        if (has_others && model.updates) {
            addUpdate(model, version, where + returned);
        }
        if (has_others && model.deletes) {
            ordered_json header = headerOf(model, version, "delete");
            for (const ModelField& field : version.fields) {
                if (isKey(model, field)) {
                    header["parameters"].push_back(writtenOf(field, true));
                }
            }
            add(model, std::move(header), "DELETE FROM " + model.table + " AS t" + where + returned);
        }
    }

    /// Of many to many: rows are brought together, and parted, by whoever may insert and delete.
    void addLinks(const Model& model, const ModelVersion& version, const Relationship& relationship) {
        const auto other = versions_.find(relationship.model);
        if (!relationship.through || other == versions_.end() || !(model.inserts || model.deletes)) {
            return;
        }
        const Through& through = *relationship.through;
        const std::pair<const ModelVersion*, const std::string*> ends[] = {
            {&version, &relationship.column}, {other->second.version, &relationship.other_column}};
        const std::string* columns[] = {&through.column, &through.other_column};
        ordered_json parameters = ordered_json::array();
        for (std::size_t i = 0; i < std::size(ends); ++i) {
            const auto& [owner, column] = ends[i];
            const auto field = std::find_if(owner->fields.begin(), owner->fields.end(),
                                            [&](const ModelField& one) { return one.column == *column; });
            if (field == owner->fields.end() || !isParameterName(*columns[i])) {
                error(model,
                      "rows of '" + relationship.name + "' can't be brought together: " +
                          (field == owner->fields.end() ? "'" + *column + "' is no column of a field"
                                                        : "'" + *columns[i] + "' can't be a parameter's name"),
                      "give the model a field of it, or take 'insert' and 'delete' out of 'writes'");
                return;
            }
            parameters.push_back({{"name", *columns[i]}, {"type", endpoints::nameOf(field->type)}, {"required", true}});
        }
        const std::string first = quoteIdentifier(through.column);
        const std::string second = quoteIdentifier(through.other_column);
        const std::string returned = "\nRETURNING t." + first + ", t." + second;
        const std::string what =
            relationship.name + " of " + (model.documentation.empty() ? model.name : model.documentation);
        if (model.inserts) {
            ordered_json header = headerOf(model, version, relationship.name + "-insert");
            header["documentation"] = "brought together: " + what;
            header["parameters"] = parameters;
            add(model, std::move(header),
                "INSERT INTO " + through.table + " AS t (" + first + ", " + second + ")\nVALUES (:" + through.column +
                    ", :" + through.other_column + ")" + returned);
        }
        if (model.deletes) {
            ordered_json header = headerOf(model, version, relationship.name + "-delete");
            header["documentation"] = "parted: " + what;
            header["parameters"] = parameters;
            add(model, std::move(header),
                "DELETE FROM " + through.table + " AS t\nWHERE t." + first + " = :" + through.column + " AND t." +
                    second + " = :" + through.other_column + returned);
        }
    }

    static bool isKey(const Model& model, const ModelField& field) {
        return std::find(model.key.begin(), model.key.end(), field.name) != model.key.end();
    }

    static ordered_json headerOf(const Model& model, const ModelVersion& version, const std::string& what) {
        return {{"endpoint", nameOf(model, version) + "-" + what},
                {"documentation", what + ": " + (model.documentation.empty() ? model.name : model.documentation)},
                {"writes", true},
                {"parameters", ordered_json::array()}};
    }

    void addInsert(const Model& model, const ModelVersion& version, const std::string& returned) {
        ordered_json header = headerOf(model, version, "insert");
        std::string columns;
        std::string values;
        for (const ModelField& field : version.fields) {
            if (field.is_read_only) {
                continue;
            }
            const bool is_made = isMade(model, field);
            if (!is_made || field.is_given) {
                header["parameters"].push_back(writtenOf(field, field.is_required));
            }
            columns += (columns.empty() ? "" : ", ") + quoteIdentifier(field.column);
            values += values.empty() ? "" : ", ";
            values += !is_made         ? ":" + field.name
                      : field.is_given ? "coalesce(:" + field.name + ", " + kNewId + ")"
                                       : std::string(kNewId);
        }
        if (columns.empty()) {
            error(
                model,
                "nothing can be inserted: all fields of version " + std::to_string(version.version) + " are read-only",
                "take 'insert' out of 'writes'");
            return;
        }
        add(model, std::move(header),
            "INSERT INTO " + model.table + " AS t (" + columns + ")\nVALUES (" + values + ")" + returned);
    }

    void addUpdate(const Model& model, const ModelVersion& version, const std::string& rest) {
        ordered_json header = headerOf(model, version, "update");
        std::string changes;
        ordered_json clearable = ordered_json::array();
        for (const ModelField& field : version.fields) {
            if (isKey(model, field)) {
                header["parameters"].push_back(writtenOf(field, true));
                continue;
            }
            if (field.is_read_only) {
                continue;
            }
            header["parameters"].push_back(writtenOf(field, false));
            std::string value = "coalesce(:" + field.name + ", t." + quoteIdentifier(field.column) + ")";
            if (!field.is_not_null) {
                clearable.push_back(field.name);
                value = "CASE WHEN " + quoteLiteral(field.name) + " = ANY(:clear) THEN NULL ELSE " + value + " END";
            }
            changes += (changes.empty() ? "" : ",\n  ") + quoteIdentifier(field.column) + " = " + value;
        }
        if (!clearable.empty()) {
            header["parameters"].push_back(
                {{"name", "clear"}, {"list", true}, {"enum", clearable}, {"documentation", "Fields that become NULL"}});
        }
        if (changes.empty()) {
            error(model,
                  "nothing can be updated: all fields of version " + std::to_string(version.version) + " are read-only",
                  "take 'update' out of 'writes'");
            return;
        }
        add(model, std::move(header), "UPDATE " + model.table + " AS t SET\n  " + changes + rest);
    }

    std::map<std::string, Known> versions_;
    Derived made_;
};

}  // namespace

Derived deriveEndpoints(const std::vector<Model>& models) {
    return Deriver(models).derive(models);
}

}  // namespace tessera::endpoints
