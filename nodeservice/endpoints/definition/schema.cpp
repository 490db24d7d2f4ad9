#include "nodeservice/endpoints/definition/read.h"

namespace tessera::endpoints {

namespace {

using config::flag;
using config::Property;
using config::PropertyType;
using config::required;

Property text(std::string name, std::string doc, std::string example = {}) {
    return {.name = std::move(name), .type = PropertyType::kText, .doc = std::move(doc), .example = std::move(example)};
}

Property list(std::string name, std::string doc, std::string example = {}) {
    Property made = text(std::move(name), std::move(doc), std::move(example));
    made.type = PropertyType::kTextList;
    return made;
}

Property number(std::string name, std::string doc, std::int64_t least, std::int64_t most,
                std::optional<std::string> otherwise = {}) {
    return {.name = std::move(name),
            .type = PropertyType::kInteger,
            .doc = std::move(doc),
            .default_value = std::move(otherwise),
            .least = least,
            .most = most};
}

Property parameters() {
    Property type = text("type", "Of its values.");
    type.choices = {kParameterTypeNames.begin(), kParameterTypeNames.end()};
    type.default_value = "text";
    return {.name = "parameters",
            .type = PropertyType::kSectionList,
            .doc = "What callers give, each used in the SQL as `:name`.",
            .children = {required(text("name", "Lower-case letters, digits and `_`.", "country")), std::move(type),
                         flag("list", "Given several times, or as an array; in SQL an array: `= ANY(:name)`."),
                         text("documentation", "What it is for."), flag("required", "Must it be given?"),
                         text("default", "Its value when it is not given; NULL without one."),
                         list("enum", "The only values allowed.", "[new, paid, sent]"), text("min", "The least value."),
                         text("max", "The greatest value."), number("max_length", "In characters.", 1, 1'000'000),
                         text("example", "For documentation and tests.")}};
}

Property fallback() {
    Property made = text("fallback",
                         "`partial`: rows of shards that can't be read, because their node is away and they have no "
                         "copy, are left out, which the answer says; without it the call fails.",
                         "partial");
    made.choices = {"partial"};
    return made;
}

}  // namespace

const config::Schema& headerSchema() {
    static const config::Schema kSchema{
        "Endpoint files",
        "The header of an endpoint's file.",
        {required(text("endpoint", "Its name: lower-case letters, digits, `-` and `_`.", "orders-by-country")),
         text("documentation", "What it is for, for people."),
         list("tags", "Words to find it by."),
         parameters(),
         {.name = "page",
          .type = PropertyType::kSection,
          .doc = "Rows are given in pages, by a cursor that stays right while rows come and go.",
          .children = {list("key",
                            "Columns of the result that together are different in all rows, in the order of the rows; "
                            "`NAME desc` for the greatest first.",
                            "[ordered_at desc, id]"),
                       number("size", "Rows of a page, unless the caller says `limit`.", 1, 100'000, "100"),
                       number("max", "The greatest `limit`.", 1, 100'000, "1000")}},
         list("sort", "Columns that callers may sort by with `sort`.", "[total, ordered_at]"),
         list("roles", "Roles that may call it; everybody who can sign in when absent.", "[analyst]"),
         list("nodes", "Nodes that serve it; all when absent."),
         {.name = "cache",
          .type = PropertyType::kSection,
          .doc = "Answers are given again to the same person.",
          .children = {number("seconds", "For how long.", 1, 86'400),
                       number("stale_seconds",
                              "How much longer they are given, marked as such, while the statement fails because a "
                              "source or the database is not there or takes too long.",
                              0, 604'800, "0")}},
         fallback(),
         {.name = "rate",
          .type = PropertyType::kSection,
          .doc = "How often a person may call it, on each node.",
          .children = {number("requests", "So many …", 1, 1'000'000),
                       number("seconds", "… in so long.", 1, 86'400, "60")}},
         number("timeout_ms", "How long the statement may run.", 1, 3'600'000, "30000"),
         flag("writes", "The statement changes rows: it is called by POST alone."),
         {.name = "types",
          .type = PropertyType::kTextMap,
          .doc = "Types that columns of the result must have; it is not published if PostgreSQL says otherwise.",
          .example = "{id: bigint}"},
         list("not_null", "Columns that are never NULL, which PostgreSQL cannot know."),
         list("nullable", "Columns that may be NULL, although their table's column is NOT NULL."),
         list(
             "numbers",
             "bigint and numeric columns that JSON has as numbers; others are texts, as JavaScript's numbers are exact "
             "up to 2^53 only.")}};
    return kSchema;
}

}  // namespace tessera::endpoints
