/// The keys of a dialect file.
#include "plugins/sdk/dialect_file/keys.h"

namespace tessera::dialect {

namespace {

using config::Property;
using config::PropertyType;
using config::sections;

Property text(std::string name, std::string doc, std::string example = {}) {
    return {.name = std::move(name), .type = PropertyType::kText, .doc = std::move(doc), .example = std::move(example)};
}

Property needed(std::string name, std::string doc, std::string example) {
    Property made = text(std::move(name), std::move(doc), std::move(example));
    made.required = true;
    return made;
}

Property oneOf(std::string name, std::string doc, const std::vector<std::string>& choices) {
    Property made = text(std::move(name), std::move(doc));
    made.choices = choices;
    return made;
}

Property number(std::string name, std::string doc, std::int64_t most) {
    return {.name = std::move(name), .type = PropertyType::kInteger, .doc = std::move(doc), .least = 0, .most = most};
}

std::vector<Property> typeProperties() {
    return {
        needed("type", "PostgreSQL's name of the type.", "int4"),
        text("literal",
             "A value in the statement: `{raw}` its digits, `{real}` with an exponent, `{quoted}` a quoted text.",
             "\"{raw}\""),
        text("parameter", "A value that travels apart from the statement.", "CAST(? AS INTEGER)"),
        text("null_literal", "NULL, with its type where operators and functions are chosen by it. By default NULL.",
             "CAST(NULL AS INTEGER)"),
        text("equal", "`{0}` where only equality matters (`=`, IN, GROUP BY, DISTINCT).", "\"{0}\""),
        text("order", "`{0}` where order matters (`<`, ORDER BY, min and max).", "\"{0}\""),
        text("column", "`{0}`, a column of the type, as an operand. By default itself.", "({0} <> 0)"),
        text("output", "`{0}` as it is fetched. By default itself.", "\"{0}\""),
        text("equal_between", "`{0}` in an equality with another column. By default as `equal`.", "\"{0}\""),
        oneOf("exactness",
              "`superset`: what is equal for PostgreSQL is equal for the source, but not the other way round; = and IN "
              "are filtered again, and the rest stays here. By default `exact`.",
              kExactnessNames),
    };
}

std::vector<Property> functionProperties() {
    return {
        needed("function",
               "As PostgreSQL's catalog has it, with the types of its arguments; operators by their function, "
               "`int4pl(int4,int4)`, casts as `::text(int4)`. A function that none of Tessera's own dialects knows is "
               "an error.",
               "abs(int4)"),
        needed("sql", "`{0}`, `{1}`, …: its arguments, each at least once.", "ABS({0})"),
        oneOf("exactness", "`superset`: finds more rows than it should, which are filtered again. By default `exact`.",
              kExactnessNames),
        oneOf("collation",
              "`deterministic`: only where equal texts are the same bytes; `bytewise`: only where texts are ordered by "
              "their bytes. By default the strictest that one of Tessera's own dialects asks for this function.",
              kCollationNames),
        oneOf("operands",
              "What its arguments must be, see below. By default what one of Tessera's own dialects asks for this "
              "function.",
              kOperandNames),
    };
}

std::vector<Property> aggregateProperties() {
    return {
        needed("function", "With the types of its arguments, `sum(int4)`, or only its name, for all its forms.",
               "count(any)"),
        needed("sql",
               "`{0}`, `{1}`, … its arguments or `{args}` all of them; `{distinct}`, `{order}`, `{tail}`: where "
               "DISTINCT, its own ORDER BY, and FILTER and OVER stand.",
               "COUNT({0})"),
        oneOf("collation", "As for functions.", kCollationNames),
    };
}

}  // namespace

const config::Schema& fileSchema() {
    static const config::Schema kSchema = [] {
        std::vector<Property> properties = {
            oneOf("extends", "The dialect of the program's own that this one is like. Required.", extensibleNames()),
            text("documentation", "For whoever reads the file next."),
            text("quotes", "What stands before and after a name; the second is doubled within.", "\"[]\""),
            text("true_condition", "A condition that always holds.", "1=1"),
            text("false_condition", "A condition that never holds.", "1=0"),
            text("no_limit", "What LIMIT needs before OFFSET when there is none.", "LIMIT -1"),
            text("sample", "A condition that holds for a part of the rows, `{fraction}`.", "RANDOM() < {fraction}"),
            oneOf("null_order", "How NULLs are put first or last: `clause` NULLS FIRST, `key` x IS NULL, `case` CASE.",
                  kNullOrderNames),
            oneOf("row_limit", "`limit` LIMIT 5, `top` SELECT TOP 5, `fetch_first` FETCH FIRST 5 ROWS ONLY, or `none`.",
                  kRowLimitNames),
            oneOf("set_operations",
                  "`union`: UNION and UNION ALL; `distinct`: INTERSECT and EXCEPT, too; `all`: also with ALL.",
                  kSetOperationNames),
            number("decimal_digits", "The most digits a number may have; 0: no bound.", 1000),
            number("decimal_scale", "The most of them behind the point.", 1000),
            {.name = "without",
             .type = PropertyType::kTextList,
             .doc = "Types and functions of the dialect that is extended, which this one does not have."},
            sections("types", "Each replaces the one that the extended dialect has of this type.", typeProperties()),
            sections("functions", "Functions, operators and casts.", functionProperties()),
            sections("aggregates", "Aggregates, which are pushed where `grouping` is.", aggregateProperties()),
            sections("window_functions", "Window functions that are no aggregates.", aggregateProperties()),
        };
        for (const Switch& one : kSwitches) {
            properties.push_back({.name = one.key, .type = PropertyType::kBoolean, .doc = one.doc});
        }
        return config::Schema{
            .title = "Dialect files",
            .introduction =
                "What a file in the folder `dialect_directory` may say. [dialects.md](../dialects.md) is "
                "the guide.\n\nValues with braces stand in quotes. All keys but `extends` may be left "
                "out: they are then as in the dialect that is extended.",
            .properties = std::move(properties)};
    }();
    return kSchema;
}

}  // namespace tessera::dialect
