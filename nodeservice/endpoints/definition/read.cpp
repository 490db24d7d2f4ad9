#include "nodeservice/endpoints/definition/read.h"

#include "common/config/loader.h"
#include "common/strings.h"
#include "nodeservice/endpoints/definition/compile.h"

#include <algorithm>
#include <charconv>

namespace tessera::endpoints {

namespace {

using config::Section;

constexpr std::size_t kMostNameBytes = 63;

bool isLower(char c) {
    return c >= 'a' && c <= 'z';
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// A file's header and statement. Each keeps its place: what is not the header is line ends in front of it.
struct Parts {
    std::string header;
    std::string sql;
    std::size_t sql_line = 1;
};

Result<Parts> split(const std::string& text, const std::string& origin) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos || text.compare(begin, 2, "/*") != 0) {
        return fail(ErrorCode::kInvalidArgument, origin + ":1:1: the file does not begin with a header",
                    "begin it with a comment of YAML: /* endpoint: NAME … */");
    }
    const std::size_t end = text.find("*/", begin + 2);
    if (end == std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, origin + ":1:1: the header's comment does not end", "end it with */");
    }
    Parts parts{text.substr(0, end), text.substr(end + 2), 1};
    parts.header.replace(begin, 2, "  ");
    const std::size_t first = parts.sql.find_first_not_of(" \t\r\n");
    const std::size_t sql_begin = end + 2 + std::min(first, parts.sql.size());
    parts.sql_line +=
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(sql_begin), '\n'));
    parts.sql.erase(0, std::min(first, parts.sql.size()));
    parts.sql.erase(parts.sql.find_last_not_of(" \t\r\n") + 1);
    return parts;
}

class DefinitionReader {
  public:
    DefinitionReader(std::string origin, std::size_t sql_line, std::vector<Error>& errors)
        : origin_(std::move(origin)), sql_line_(sql_line), errors_(errors) {}

    Definition read(const Section& file, std::string sql) {
        Definition made;
        made.sql = std::move(sql);
        made.name = file.text("endpoint");
        if (file.has("endpoint") && !isEndpointName(made.name)) {
            error(file.where("endpoint"), "'" + made.name + "' is not an endpoint's name",
                  "write a lower-case letter, then up to 62 lower-case letters, digits, '-' and '_'");
        }
        made.documentation = file.text("documentation");
        made.tags = file.list("tags");
        for (const Section& one : file.sections("parameters")) {
            readParameter(one, made);
        }
        readPaging(file, made);
        made.roles = setOf(file.list("roles"));
        made.nodes = setOf(file.list("nodes"));
        readLimits(file, made);
        made.writes = file.boolean("writes");
        made.not_null = setOf(file.list("not_null"));
        made.nullable = setOf(file.list("nullable"));
        made.numbers = setOf(file.list("numbers"));
        made.types = file.map("types");
        if (made.writes && (made.paging || made.max_age_seconds > 0)) {
            error(file.where("writes"), "an endpoint that writes has neither 'page' nor 'cache'",
                  "take one of them out");
        }
        checkSql(file, made);
        return made;
    }

  private:
    static std::set<std::string> setOf(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

    void error(const std::string& where, const std::string& message, std::string hint = {}) {
        errors_.push_back(fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint)));
    }

    void readParameter(const Section& section, Definition& definition) {
        Parameter made;
        made.name = section.text("name");
        const auto type = std::find(kParameterTypeNames.begin(), kParameterTypeNames.end(), section.text("type"));
        made.type = type == kParameterTypeNames.end() ? ParameterType::kText
                                                      : static_cast<ParameterType>(type - kParameterTypeNames.begin());
        made.is_list = section.boolean("list");
        made.documentation = section.text("documentation");
        made.is_required = section.boolean("required");
        made.choices = section.list("enum");
        made.example = section.text("example");
        if (section.has("max_length")) {
            made.most_length = section.integer("max_length");
        }
        for (const auto& [key, value] :
             {std::pair("default", &made.default_value), std::pair("min", &made.least), std::pair("max", &made.most)}) {
            if (section.has(key)) {
                *value = section.text(key);
            }
        }
        checkName(section, made.name, definition);
        checkParameter(section, made);
        definition.parameters.push_back(std::move(made));
    }

    void checkName(const Section& section, const std::string& name, const Definition& definition) {
        if (!section.has("name")) {
            return;
        }
        if (!isParameterName(name)) {
            error(section.where("name"), "'" + name + "' is not a parameter's name",
                  "write a lower-case letter, then lower-case letters, digits and '_'");
        } else if (std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end()) {
            error(section.where("name"), "'" + name + "' has a meaning for all endpoints", "give it another name");
        } else if (definition.parameter(name) != nullptr) {
            error(section.where("name"), "there are two parameters '" + name + "'", "give one another name");
        }
    }

    void checkParameter(const Section& section, const Parameter& made) {
        const auto check = [&](const char* key, const std::string& value) {
            if (!isValueOf(made.type, value)) {
                error(section.where(key), "'" + value + "' is not a value of the type " + nameOf(made.type),
                      std::string("write ") + formOf(made.type));
                return false;
            }
            return true;
        };
        for (const std::string& choice : made.choices) {
            check("enum", choice);
        }
        const bool has_bounds = made.least || made.most;
        if (has_bounds && !isOrdered(made.type)) {
            error(section.where(made.least ? "min" : "max"),
                  std::string("values of the type ") + nameOf(made.type) + " have no least and no greatest");
            return;
        }
        const bool are_right = (!made.least || check("min", *made.least)) && (!made.most || check("max", *made.most));
        if (are_right && made.least && made.most && compareValues(made.type, *made.least, *made.most) > 0) {
            error(section.where("min"), "'min' is greater than 'max'");
        }
        if (made.most_length && made.type != ParameterType::kText) {
            error(section.where("max_length"), "'max_length' belongs to the type text");
        }
        if (made.default_value && made.is_required) {
            error(section.where("default"), "a parameter that is required has no default", "take one of them out");
        }
        if (made.default_value && made.is_list) {
            error(section.where("default"), "a list has no default", "without values it is NULL");
        } else if (made.default_value && are_right && check("default", *made.default_value)) {
            checkDefault(section, made, *made.default_value);
        }
    }

    void checkDefault(const Section& section, const Parameter& made, const std::string& value) {
        const bool is_chosen =
            made.choices.empty() || std::find(made.choices.begin(), made.choices.end(), value) != made.choices.end();
        const bool is_within = (!made.least || compareValues(made.type, value, *made.least) >= 0) &&
                               (!made.most || compareValues(made.type, value, *made.most) <= 0);
        if (!is_chosen || !is_within) {
            error(section.where("default"), "the default '" + value + "' is not allowed by the parameter itself");
        }
    }

    void readPaging(const Section& file, Definition& made) {
        made.sortable = file.list("sort");
        if (!file.has("page")) {
            if (!made.sortable.empty()) {
                error(file.where("sort"), "'sort' needs 'page'", "write page: {key: [COLUMN]}");
            }
            return;
        }
        const Section& section = file.section("page");
        Paging paging;
        for (const std::string& column : section.list("key")) {
            SortKey key{column, false};
            for (const char* direction : {" desc", " DESC", " asc", " ASC"}) {
                if (column.ends_with(direction)) {
                    key.is_descending = toLowerAscii(direction) == " desc";
                    key.column = column.substr(0, column.size() - std::string_view(direction).size());
                }
            }
            paging.key.push_back(std::move(key));
        }
        paging.size = section.integer("size");
        paging.most = section.integer("max");
        if (paging.key.empty()) {
            error(section.where(), "'page' needs 'key'", "name the columns that tell rows apart");
        }
        if (paging.size > paging.most) {
            error(section.where("size"), "'size' is greater than 'max'");
        }
        made.paging = std::move(paging);
    }

    void readLimits(const Section& file, Definition& made) {
        made.may_be_partial = file.text("fallback") == "partial";
        if (made.may_be_partial && file.boolean("writes")) {
            error(file.where("fallback"), "an endpoint that writes does all of it or nothing",
                  "take 'fallback' or 'writes' out");
        }
        made.timeout_ms = file.integer("timeout_ms");
        if (file.has("cache")) {
            const Section& cache = file.section("cache");
            made.max_age_seconds = cache.has("seconds") ? cache.integer("seconds") : 0;
            made.stale_seconds = cache.integer("stale_seconds");
            if (made.max_age_seconds == 0) {
                error(cache.where(), "'cache' needs 'seconds'");
            }
        }
        if (file.has("rate")) {
            const Section& rate = file.section("rate");
            if (rate.has("requests")) {
                made.rate = RateLimit{rate.integer("requests"), rate.integer("seconds")};
            } else {
                error(rate.where(), "'rate' needs 'requests'");
            }
        }
    }

    void checkSql(const Section& file, const Definition& made) {
        const auto facts = readSql(made.sql);
        if (!facts) {
            errors_.push_back(placedInSql(facts.error(), made.sql, origin_, sql_line_));
            return;
        }
        std::vector<std::string> names;
        for (const Parameter& parameter : made.parameters) {
            names.push_back(parameter.name);
        }
        std::set<std::string> used;
        for (const Placeholder& placeholder : facts->placeholders) {
            used.insert(placeholder.name);
            if (made.parameter(placeholder.name) == nullptr) {
                Error unknown =
                    fail(ErrorCode::kInvalidArgument, "':" + placeholder.name + "' is no parameter",
                         names.empty() ? "describe it under 'parameters:'" : suggestion(placeholder.name, names));
                unknown.position = static_cast<std::int32_t>(placeholder.begin) + 1;
                errors_.push_back(placedInSql(std::move(unknown), made.sql, origin_, sql_line_));
            }
        }
        for (const Parameter& parameter : made.parameters) {
            if (!used.contains(parameter.name)) {
                error(file.where("parameters"), "the SQL does not use the parameter '" + parameter.name + "'",
                      "write :" + parameter.name + " there, or take it out");
            }
        }
        static const std::set<std::string> kReads = {"select", "with", "values", "table"};
        static const std::set<std::string> kWrites = {"insert", "update", "delete", "merge", "with", "select"};
        const std::string& verb = facts->words.front();
        if (!made.writes && !kReads.contains(verb)) {
            error(origin_, "the SQL begins with '" + verb + "', which is no query",
                  kWrites.contains(verb) ? "an endpoint that changes rows says so: writes: true" : "write a SELECT");
        } else if (made.writes && !kWrites.contains(verb)) {
            error(origin_, "the SQL begins with '" + verb + "', which cannot be published",
                  "write a SELECT, INSERT, UPDATE, DELETE or MERGE");
        }
    }

    const std::string origin_;
    const std::size_t sql_line_;
    std::vector<Error>& errors_;
};

/// "-products-insert", which brings rows of two models together, or "-products-delete".
bool isOfRelationship(std::string_view rest) {
    for (const std::string_view end : {"-insert", "-delete"}) {
        if (rest.starts_with('-') && rest.ends_with(end) && rest.size() > end.size()) {
            return isParameterName(rest.substr(1, rest.size() - 1 - end.size()));
        }
    }
    return false;
}

}  // namespace

bool isParameterName(std::string_view text) {
    return !text.empty() && text.size() <= kMostNameBytes && isLower(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return isLower(c) || isDigit(c) || c == '_'; });
}

bool isEndpointName(std::string_view text) {
    if (const std::size_t at = text.find("@v"); at != std::string_view::npos) {
        std::string_view rest = text.substr(at + 2);
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        rest.remove_prefix(digits);
        const bool is_whole = rest.empty() || rest == "-insert" || rest == "-update" || rest == "-delete";
        if (digits == 0 || digits > 7 || (!is_whole && !isOfRelationship(rest))) {
            return false;
        }
        text = text.substr(0, at);
    }
    return !text.empty() && text.size() <= kMostNameBytes && isLower(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return isLower(c) || isDigit(c) || c == '_' || c == '-'; });
}

Error placedInSql(Error error, const std::string& sql, const std::string& origin, std::size_t sql_line) {
    std::size_t line = sql_line;
    std::int32_t characters = 0;
    for (const char c : sql) {
        characters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
        if (characters >= error.position) {
            break;
        }
        line += c == '\n' ? 1 : 0;
    }
    error.message = origin + ":" + std::to_string(line) + ": " + error.message;
    error.position = 0;
    return error;
}

ReadDefinition readDefinition(const std::string& text, const std::string& origin) {
    ReadDefinition read;
    const auto refuse = [&](const std::string& message, const std::string& hint) {
        read.errors.push_back(fail(ErrorCode::kInvalidArgument, origin + ": " + message, hint));
        return read;
    };
    if (text.size() > kMostFileBytes ||
        static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) > kMostFileLines) {
        return refuse("the file is too large for an endpoint", "it has at most 256 kB and 2000 lines");
    }
    if (text.find('\0') != std::string::npos || validUtf8(text) != text) {
        return refuse("the file is not UTF-8 text", "save it as UTF-8");
    }
    auto parts = split(text, origin);
    if (!parts) {
        read.errors.push_back(parts.error());
        return read;
    }
    config::Reading reading = config::parseAll(parts->header, origin, "/", headerSchema(), {.are_expanded = false});
    read.errors = std::move(reading.errors);
    read.sql_line = parts->sql_line;
    if (reading.section) {
        read.definition =
            DefinitionReader(origin, parts->sql_line, read.errors).read(*reading.section, std::move(parts->sql));
    }
    return read;
}

}  // namespace tessera::endpoints
