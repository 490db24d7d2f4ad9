#include "plugins/sqlite/types.h"

#include "common/strings.h"

namespace tessera::sqlite {

namespace {

/// The declaration in lower case without its "(10,2)" and outer blanks.
std::string baseName(std::string_view declared) {
    std::string name = toLowerAscii(declared.substr(0, declared.find('(')));
    while (!name.empty() && name.back() == ' ') {
        name.pop_back();
    }
    const std::size_t first = name.find_first_not_of(' ');
    return first == std::string::npos ? std::string() : name.substr(first);
}

/// Types that SQLite itself does not know, stored by convention.
std::string_view conventional(std::string_view name, std::string_view declared) {
    if (name == "boolean" || name == "bool") {
        return "boolean";
    }
    if (name == "date") {
        return "date";
    }
    if (name == "timestamptz" || toLowerAscii(declared).find("with time zone") != std::string::npos) {
        return "timestamp with time zone";
    }
    if (name.starts_with("datetime") || name.starts_with("timestamp")) {
        return "timestamp without time zone";
    }
    if (name.starts_with("time")) {
        return "time without time zone";
    }
    if (name == "uuid" || name == "guid") {
        return "uuid";
    }
    if (name == "json" || name == "jsonb") {
        return "json";
    }
    if (name == "decimal" || name == "numeric" || name == "number") {
        return "numeric";
    }
    return {};
}

}  // namespace

std::string pgTypeOfDeclared(std::string_view declared) {
    const std::string name = baseName(declared);
    if (const std::string_view type = conventional(name, declared); !type.empty()) {
        return std::string(type);
    }
    const auto has = [&name](std::string_view part) { return name.find(part) != std::string::npos; };
    // From here on in the order of SQLite's own rules of affinity (https://www.sqlite.org/datatype3.html, 3.1).
    if (has("int")) {
        return "bigint";
    }
    if (has("char") || has("clob") || has("text")) {
        return "text";
    }
    if (has("blob")) {
        return "bytea";
    }
    if (has("real") || has("floa") || has("doub")) {
        return "double precision";
    }
    return "text";
}

bool isEnforced(std::string_view declared) {
    return baseName(declared) != "any";
}

}  // namespace tessera::sqlite
