#include "nodeservice/endpoints/model/read.h"

#include "common/config/loader.h"
#include "common/strings.h"
#include "nodeservice/endpoints/definition/read.h"

#include <algorithm>
#include <set>

namespace tessera::endpoints {

namespace {

using config::flag;
using config::Property;
using config::PropertyType;
using config::required;
using config::Section;
using config::sections;

Property text(std::string name, std::string doc, std::string example = {}) {
    return {.name = std::move(name), .type = PropertyType::kText, .doc = std::move(doc), .example = std::move(example)};
}

Property of(PropertyType type, std::string name, std::string doc) {
    return {.name = std::move(name), .type = type, .doc = std::move(doc)};
}

std::vector<Property> fieldProperties() {
    Property type = required(text("type", "Of its values; the table's column must be of it."));
    type.choices = {kParameterTypeNames.begin(), kParameterTypeNames.end()};
    Property length = of(PropertyType::kInteger, "max_length", "In characters.");
    length.least = 1;
    return {required(text("name", "Lower-case letters, digits and `_`.", "full_name")),
            std::move(type),
            text("column", "The table's; of the same name when absent."),
            text("sql", "Instead of a column: an expression over the table's columns.", "left(name, 1)"),
            text("documentation", "What it is."),
            flag("not_null", "Is it never NULL?"),
            flag("required", "Must it be given to insert a row?"),
            flag("read_only", "Is it neither inserted nor updated?"),
            flag("given", "Of a key that is one uuid, and else made by itself: may it be given to insert a row?"),
            of(PropertyType::kTextList, "enum", "The only values that may be written."),
            text("default", "Of a column that is made: an SQL expression.", "now()"),
            text("min", "The least value that may be written."),
            text("max", "The greatest."),
            std::move(length)};
}

class ModelReader {
  public:
    explicit ModelReader(std::vector<Error>& errors) : errors_(errors) {}

    Model read(const Section& file) {
        Model made;
        made.where = file.where();
        made.name = file.text("model");
        if (file.has("model") && (!isEndpointName(made.name) || made.name.find('@') != std::string::npos)) {
            error(file.where("model"), "'" + made.name + "' is not a model's name",
                  "write a lower-case letter, then lower-case letters, digits, '-' and '_'");
        }
        made.documentation = file.text("documentation");
        made.tags = file.list("tags");
        made.table = file.text("table");
        made.creates = file.boolean("create");
        made.key = file.list("key");
        made.roles = file.list("roles");
        made.nodes = file.list("nodes");
        readWrites(file, made);
        ModelVersion newest{file.integer("version"), {}};
        for (const Section& one : file.sections("fields")) {
            newest.fields.push_back(readField(one));
        }
        checkFields(file, newest);
        made.versions.push_back(std::move(newest));
        for (const Section& one : file.sections("relationships")) {
            made.relationships.push_back(readRelationship(one));
        }
        for (const Section& one : file.sections("older")) {
            readOlder(one, made);
        }
        for (const std::string& version : file.list("retired")) {
            made.retired.push_back(std::atoll(version.c_str()));
        }
        checkKey(file, made);
        return made;
    }

  private:
    void error(const std::string& where, const std::string& message, std::string hint = {}) {
        errors_.push_back(fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint)));
    }

    void readWrites(const Section& file, Model& made) {
        for (const std::string& one : file.list("writes")) {
            made.inserts = made.inserts || one == "insert";
            made.updates = made.updates || one == "update";
            made.deletes = made.deletes || one == "delete";
            if (one != "insert" && one != "update" && one != "delete") {
                error(file.where("writes"), "'" + one + "' is none of them",
                      suggestion(one, {"insert", "update", "delete"}));
            }
        }
    }

    Relationship readRelationship(const Section& section) {
        Relationship made{section.text("name"), section.text("model"), section.text("column"),
                          section.text("other_column"), section.boolean("single")};
        if (section.has("through")) {
            made.through = {section.text("through"), section.text("through_column"),
                            section.text("through_other_column")};
        }
        for (const char* column : {"through_column", "through_other_column"}) {
            if (section.has("through") != section.has(column)) {
                error(section.where(), "'through', 'through_column' and 'through_other_column' go together",
                      "write all of them, or none");
                break;
            }
        }
        return made;
    }

    ModelField readField(const Section& section) {
        ModelField made;
        made.name = section.text("name");
        made.sql = section.text("sql");
        made.column = section.has("column") ? section.text("column") : made.sql.empty() ? made.name : std::string();
        const auto type = std::find(kParameterTypeNames.begin(), kParameterTypeNames.end(), section.text("type"));
        made.type = type == kParameterTypeNames.end() ? ParameterType::kText
                                                      : static_cast<ParameterType>(type - kParameterTypeNames.begin());
        made.documentation = section.text("documentation");
        made.is_not_null = section.boolean("not_null");
        made.is_required = section.boolean("required");
        made.is_read_only = section.boolean("read_only") || !made.sql.empty();
        made.is_given = section.boolean("given");
        made.column_default = section.text("default");
        made.choices = section.list("enum");
        if (section.has("min")) {
            made.least = section.text("min");
        }
        if (section.has("max")) {
            made.most = section.text("max");
        }
        if (section.has("max_length")) {
            made.most_length = section.integer("max_length");
        }
        if (section.has("column") && !made.sql.empty()) {
            error(section.where("sql"), "the field '" + made.name + "' has both 'column' and 'sql'",
                  "write one of them");
        }
        return made;
    }

    void checkFields(const Section& file, const ModelVersion& version) {
        if (version.fields.empty()) {
            error(file.where(), "the model has no fields", "write at least one under 'fields:'");
        }
        std::set<std::string> names;
        for (const ModelField& field : version.fields) {
            const bool is_reserved =
                std::find(kReservedNames.begin(), kReservedNames.end(), field.name) != kReservedNames.end() ||
                field.name == "include" || field.name == "clear";
            if (!isParameterName(field.name) || is_reserved) {
                error(file.where(), "'" + field.name + "' cannot be a field's name",
                      is_reserved ? "it has a meaning for all endpoints"
                                  : "write a lower-case letter, then lower-case letters, digits and '_'");
            }
            if (!names.insert(field.name).second) {
                error(file.where(),
                      "version " + std::to_string(version.version) + " has two fields '" + field.name + "'");
            }
        }
    }

    void checkKey(const Section& file, const Model& made) {
        for (const std::string& name : made.key) {
            for (const ModelVersion& version : made.versions) {
                const bool is_there = std::any_of(version.fields.begin(), version.fields.end(),
                                                  [&](const ModelField& field) { return field.name == name; });
                if (!is_there) {
                    error(file.where("key"),
                          "version " + std::to_string(version.version) + " has no field '" + name +
                              "', which is of the key",
                          "the key's fields have one name in all versions");
                }
            }
        }
        for (const ModelField& field : made.versions.front().fields) {
            if (!field.column_default.empty() && (!made.creates || !field.sql.empty())) {
                error(file.where(), "'default' is said of '" + field.name + "', which is no column that is made",
                      "the table's own default counts; 'create: true' makes columns");
            }
            if (field.is_given && !isMade(made, field)) {
                error(file.where(), "'given' is said of '" + field.name + "', which is not made",
                      "only a key that is one field of the type uuid, and not read-only, is; leave it out");
            }
        }
        if (made.key.empty()) {
            error(file.where(), "the model has no key", "name the fields that tell rows apart");
        }
    }

    /// Each change leads from a version to the one before it.
    void readOlder(const Section& section, Model& made) {
        ModelVersion version = made.versions.back();
        version.version = section.integer("version");
        if (version.version >= made.versions.back().version) {
            error(section.where("version"), "versions are not in their order",
                  "write the newest of the older ones first");
        }
        for (const Section& change : section.sections("changes")) {
            apply(change, version);
        }
        checkFields(section, version);
        made.versions.push_back(std::move(version));
    }

    void apply(const Section& change, ModelVersion& version) {
        std::vector<std::string> kinds;
        for (const char* kind : {"rename", "without", "restore"}) {
            if (change.has(kind)) {
                kinds.emplace_back(kind);
            }
        }
        if (kinds.size() != 1) {
            error(change.where(), "a change is one of 'rename', 'without', 'restore'");
            return;
        }
        const std::string name = change.text(kinds.front());
        const auto found = std::find_if(version.fields.begin(), version.fields.end(),
                                        [&](const ModelField& field) { return field.name == name; });
        if (kinds.front() == "restore") {
            restore(change, name, found != version.fields.end(), version);
        } else if (found == version.fields.end()) {
            std::vector<std::string> names;
            for (const ModelField& field : version.fields) {
                names.push_back(field.name);
            }
            error(change.where(kinds.front()), "the version behind it has no field '" + name + "'",
                  suggestion(name, names));
        } else if (kinds.front() == "without") {
            version.fields.erase(found);
        } else if (!change.has("to")) {
            error(change.where(), "'rename' needs 'to': its name in this version");
        } else {
            found->name = change.text("to");
        }
    }

    void restore(const Section& change, const std::string& name, bool is_there, ModelVersion& version) {
        if (is_there) {
            error(change.where("restore"), "the version behind it has a field '" + name + "'", "rename it first");
            return;
        }
        if (change.has("sql") == change.has("value")) {
            error(change.where(),
                  "'restore' needs 'value' or 'sql': what '" + name + "' is for those who still read it",
                  "a field that is gone from the table is not given up without saying what takes its place");
            return;
        }
        ModelField field;
        field.name = name;
        const auto type = std::find(kParameterTypeNames.begin(), kParameterTypeNames.end(), change.text("type"));
        field.type = type == kParameterTypeNames.end() ? ParameterType::kText
                                                       : static_cast<ParameterType>(type - kParameterTypeNames.begin());
        field.sql = change.has("sql") ? change.text("sql") : quoteLiteral(change.text("value"));
        field.is_read_only = true;
        if (change.has("value") && !isValueOf(field.type, change.text("value"))) {
            error(change.where("value"),
                  "'" + change.text("value") + "' is not a value of the type " + nameOf(field.type),
                  std::string("write ") + formOf(field.type));
        }
        version.fields.push_back(std::move(field));
    }

    std::vector<Error>& errors_;
};

}  // namespace

const config::Schema& modelSchema() {
    static const config::Schema kSchema = [] {
        Property version = required(of(PropertyType::kInteger, "version", "Of `fields`; it grows."));
        version.least = 1;
        version.most = 1'000'000;
        Property older_version = version;
        older_version.doc = "Its number.";
        Property type = text("type", "Of a field that is restored.");
        type.choices = {kParameterTypeNames.begin(), kParameterTypeNames.end()};
        type.default_value = "text";
        return config::Schema{
            "Model files",
            "A file describes one model.",
            {required(text("model", "Its name.", "customer")), version,
             text("documentation", "What it is, for people."),
             of(PropertyType::kTextList, "tags", "Words to find it by."),
             required(text("table", "A table or view, as SQL names it.", "sales.customers")),
             flag("create", "Is the table made where it is missing, and columns that it lacks?"),
             of(PropertyType::kTextList, "key", "Fields that together tell rows apart."),
             of(PropertyType::kTextList, "roles", "That may use it; all when absent."),
             of(PropertyType::kTextList, "nodes", "That serve it; all when absent."),
             of(PropertyType::kTextList, "writes",
                "`insert`, `update`, `delete`: what it may be used for, beside reading."),
             sections("fields", "Of the newest version.", fieldProperties()),
             sections("relationships", "Rows of other models, given with `include`.",
                      {required(text("name", "As a field.", "orders")),
                       required(text("model", "The other, with its version.", "order@v1")),
                       required(text("column", "Of this table.", "id")),
                       required(text("other_column", "Of the other's table, which equals it.", "customer_id")),
                       flag("single", "Is it one or none, instead of a list?"),
                       text("through", "Of many to many: the table that says which belong together.", "sales.baskets"),
                       text("through_column", "Its column that equals `column`.", "order_id"),
                       text("through_other_column", "Its column that equals `other_column`.", "product_id")}),
             sections(
                 "older",
                 "Versions that are still served, the newest first; each by what differs from the one behind it.",
                 {older_version, sections("changes", "Each has one of `rename`, `without`, `restore`.",
                                          {text("rename", "A field that had another name:"), text("to", "… this one."),
                                           text("without", "A field that it did not have."),
                                           text("restore", "A field that is no more, with what stands for it:"),
                                           std::move(type), text("value", "… a constant,"),
                                           text("sql", "… or an expression over the table's columns.")})}),
             of(PropertyType::kTextList, "retired", "Numbers of versions that are to be served no more.")}};
    }();
    return kSchema;
}

ReadModel readModel(const std::string& text, const std::string& origin) {
    ReadModel read;
    config::Reading reading = config::parseAll(text, origin, "/", modelSchema(), {.are_expanded = false});
    read.errors = std::move(reading.errors);
    if (reading.section && read.errors.empty()) {
        read.model = ModelReader(read.errors).read(*reading.section);
    }
    return read;
}

}  // namespace tessera::endpoints
