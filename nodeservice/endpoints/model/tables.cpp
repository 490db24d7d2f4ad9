#include "nodeservice/endpoints/model/tables.h"

#include "common/result.h"
#include "common/strings.h"

#include <algorithm>

namespace tessera::endpoints {

namespace {

/// Of the newest version: older ones have no columns of their own.
const ModelField* fieldOfColumn(const Model& model, const std::string& column) {
    const auto& fields = model.versions.front().fields;
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const ModelField& field) {
        return field.sql.empty() && field.column == column;
    });
    return found == fields.end() ? nullptr : &*found;
}

bool isKey(const Model& model, const ModelField& field) {
    return std::find(model.key.begin(), model.key.end(), field.name) != model.key.end();
}

bool isWholeKey(const Model& model, const std::string& column) {
    const ModelField* field = fieldOfColumn(model, column);
    return field != nullptr && model.key == std::vector{field->name};
}

class TableMaker {
  public:
    explicit TableMaker(const std::vector<Model>& models) : models_(models) {}

    ModelTables make() {
        for (const Model& model : models_) {
            if (model.creates) {
                addTable(model);
            }
        }
        for (const Model& model : models_) {
            for (const Relationship& relationship : model.relationships) {
                addRelationship(model, relationship);
            }
        }
        return std::move(made_);
    }

  private:
    void error(const Model& model, const std::string& message, std::string hint) {
        made_.errors.push_back(fail(ErrorCode::kInvalidArgument, model.where + ": " + message, std::move(hint)));
    }

    static std::vector<std::string> rightsOf(const Model& model) {
        std::vector<std::string> rights = {"SELECT"};
        for (const auto& [is_wanted, right] :
             {std::pair(model.inserts, "INSERT"), {model.updates, "UPDATE"}, {model.deletes, "DELETE"}}) {
            if (is_wanted) {
                rights.emplace_back(right);
            }
        }
        return rights;
    }

    void addTable(const Model& model) {
        ModelTable table{.name = model.table,
                         .columns = {},
                         .key = {},
                         .roles = model.roles,
                         .rights = rightsOf(model),
                         .where = model.where};
        for (const ModelField& field : model.versions.front().fields) {
            if (!field.sql.empty()) {
                continue;
            }
            const bool is_number = field.type == ParameterType::kBigint || field.type == ParameterType::kInteger;
            const bool is_numbered =
                is_number && field.is_read_only && field.column_default.empty() && model.key == std::vector{field.name};
            table.columns.push_back({field.column, nameOf(field.type), field.is_not_null || isKey(model, field),
                                     field.column_default, is_numbered});
            if (field.is_read_only && field.is_not_null && field.column_default.empty() && !is_numbered) {
                error(model, "nothing gives '" + field.name + "' a value: it is read-only, and never NULL",
                      "give it a 'default': an SQL expression");
            }
        }
        for (const std::string& name : model.key) {
            for (const ModelField& field : model.versions.front().fields) {
                if (field.name == name && field.sql.empty()) {
                    table.key.push_back(field.column);
                }
            }
        }
        if (table.key.size() != model.key.size()) {
            error(model, "the key of a table that is made can't be computed", "name columns as 'key'");
        }
        if (find(model.table) != nullptr) {
            error(model, "two models make the table " + model.table, "take 'create' from one of them");
            return;
        }
        made_.tables.push_back(std::move(table));
    }

    ModelTable* find(const std::string& name) {
        const auto found = std::find_if(made_.tables.begin(), made_.tables.end(),
                                        [&](const ModelTable& table) { return table.name == name; });
        return found == made_.tables.end() ? nullptr : &*found;
    }

    const Model* modelOf(const std::string& version) const {
        const std::string name = version.substr(0, version.find('@'));
        const auto found =
            std::find_if(models_.begin(), models_.end(), [&](const Model& model) { return model.name == name; });
        return found == models_.end() ? nullptr : &*found;
    }

    void addRelationship(const Model& model, const Relationship& one) {
        const Model* other = modelOf(one.model);
        if (other == nullptr) {
            return;  // deriveEndpoints() tells
        }
        for (const auto& [owner, column] : {std::pair(&model, &one.column), {other, &one.other_column}}) {
            if (owner->creates && fieldOfColumn(*owner, *column) == nullptr) {
                error(model,
                      "the relationship '" + one.name + "' needs the column '" + *column + "' of " + owner->table +
                          ", which is made without it",
                      "give the model '" + owner->name + "' a field of it");
                return;
            }
        }
        if (one.through) {
            addThrough(model, *other, one);
        } else if (!model.creates || !other->creates) {
            return;  // what exists already is its owner's
        } else if (isWholeKey(model, one.column)) {
            refer(*find(other->table), {one.other_column, model.table, one.column});
        } else if (isWholeKey(*other, one.other_column)) {
            refer(*find(model.table), {one.column, other->table, one.other_column});
        }
    }

    static void refer(ModelTable& table, TableReference reference) {
        const bool is_there = std::any_of(
            table.references.begin(), table.references.end(),
            [&](const TableReference& one) { return one.column == reference.column && one.table == reference.table; });
        if (!is_there) {
            table.references.push_back(std::move(reference));
        }
    }

    /// Of a relationship of many to many, unless a model makes it.
    void addThrough(const Model& model, const Model& other, const Relationship& one) {
        const ModelField* here = fieldOfColumn(model, one.column);
        const ModelField* there = fieldOfColumn(other, one.other_column);
        ModelTable* made = find(one.through->table);
        if (made == nullptr && model.creates) {
            if (here == nullptr || there == nullptr) {
                error(model, "the type of a column of " + one.through->table + " is not known",
                      "'column' and 'other_column' of '" + one.name + "' have to be fields");
                return;
            }
            made_.tables.push_back({.name = one.through->table,
                                    .columns = {{one.through->column, nameOf(here->type), true},
                                                {one.through->other_column, nameOf(there->type), true}},
                                    .key = {one.through->column, one.through->other_column},
                                    .roles = model.roles,
                                    .rights = rightsOf(model),
                                    .where = model.where});
            made = &made_.tables.back();
        }
        if (made == nullptr) {
            return;
        }
        if (model.creates && isWholeKey(model, one.column)) {
            refer(*made, {one.through->column, model.table, one.column});
        }
        if (other.creates && isWholeKey(other, one.other_column)) {
            refer(*made, {one.through->other_column, other.table, one.other_column});
        }
    }

    const std::vector<Model>& models_;
    ModelTables made_;
};

}  // namespace

ModelTables tablesOf(const std::vector<Model>& models) {
    return TableMaker(models).make();
}

}  // namespace tessera::endpoints
