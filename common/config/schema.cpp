#include "common/config/schema.h"

#include "common/strings.h"

#include <utility>

namespace tessera::config {

Property required(Property property) {
    property.required = true;
    return property;
}

Property flag(std::string name, std::string doc, std::string default_value) {
    return {.name = std::move(name),
            .type = PropertyType::kBoolean,
            .doc = std::move(doc),
            .default_value = std::move(default_value)};
}

Property sections(std::string name, std::string doc, std::vector<Property> children) {
    return {.name = std::move(name),
            .type = PropertyType::kSectionList,
            .doc = std::move(doc),
            .children = std::move(children)};
}

std::string_view typeName(PropertyType type) {
    switch (type) {
        case PropertyType::kText:
            return "text";
        case PropertyType::kInteger:
            return "integer";
        case PropertyType::kBoolean:
            return "boolean";
        case PropertyType::kPath:
            return "path";
        case PropertyType::kAddress:
            return "host:port";
        case PropertyType::kSecret:
            return "secret text";
        case PropertyType::kTextList:
            return "list of texts";
        case PropertyType::kTextMap:
            return "map of texts";
        case PropertyType::kSecretMap:
            return "map of secret texts";
        case PropertyType::kSection:
            return "section";
        case PropertyType::kSectionList:
            return "list of sections";
    }
    return "";
}

namespace {

/// A table's cell: a bar would end it.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '|' ? "\\|" : std::string(1, c);
    }
    return escaped;
}

std::string typeCell(const Property& property) {
    std::string text(typeName(property.type));
    if (!property.choices.empty()) {
        text = "`" + join(property.choices, "`, `") + "`";
    }
    if (property.least && property.most) {
        text += ", " + std::to_string(*property.least) + " to " + std::to_string(*property.most);
    } else if (property.least) {
        text += ", at least " + std::to_string(*property.least);
    } else if (property.most) {
        text += ", at most " + std::to_string(*property.most);
    }
    return property.unit.empty() ? text : text + " (" + property.unit + ")";
}

std::string defaultCell(const Property& property) {
    if (property.required) {
        return "*required*";
    }
    if (!property.default_value) {
        return "";
    }
    return property.default_value->empty() ? "`\"\"`" : "`" + *property.default_value + "`";
}

std::string docCell(const Property& property, const std::string& path) {
    std::string text = property.doc;
    if (!property.example.empty()) {
        text += " Example: `" + property.example + "`.";
    }
    if (!property.children.empty()) {
        text += " See `" + path + "` below.";
    }
    return text;
}

bool isList(const Property& property) {
    return property.type == PropertyType::kSectionList;
}

void appendTable(std::string& page, const std::vector<Property>& properties, const std::string& prefix) {
    page += "| key | type | default | meaning |\n|---|---|---|---|\n";
    for (const Property& property : properties) {
        const std::string path = prefix + property.name + (isList(property) ? "[]" : "");
        page += "| `" + property.name + "` | " + cell(typeCell(property)) + " | " + cell(defaultCell(property)) +
                " | " + cell(docCell(property, path)) + " |\n";
    }
    for (const Property& property : properties) {
        if (!property.children.empty()) {
            const std::string path = prefix + property.name + (isList(property) ? "[]" : "");
            page += "\n## `" + path + "`\n\n" + property.doc + "\n\n";
            appendTable(page, property.children, path + ".");
        }
    }
}

}  // namespace

std::string referencePage(const Schema& schema) {
    std::string page = "# " + schema.title + "\n\n" + schema.introduction + "\n\n";
    appendTable(page, schema.properties, "");
    return page;
}

}  // namespace tessera::config
