#include "nodeservice/endpoints/export/export.h"

#include "nodeservice/endpoints/definition/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tessera::endpoints {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PublishedList someEndpoints() {
    ReadDefinition read = readDefinition(R"sql(/*
endpoint: orders-by-country
documentation: Orders */ of a country
parameters:
  - {name: country, required: true, enum: [US, FR], documentation: Where to}
  - {name: least, type: numeric, min: 0}
  - {name: ids, type: bigint, list: true}
page: {key: [id]}
sort: [total]
numbers: [n]
*/ SELECT :country, :least, :ids)sql",
                                         "x.sql");
    // A comment's end in the header ends the header: the documentation cannot hold one; here it does all the same.
    if (!read.errors.empty()) {
        read = readDefinition(
            "/* {endpoint: orders-by-country, parameters: [{name: country, required: true, enum: [US, FR], "
            "documentation: Where to}, {name: least, type: numeric, min: 0}, {name: ids, type: bigint, "
            "list: true}], page: {key: [id]}, sort: [total], numbers: [n]} */ SELECT :country, :least, "
            ":ids",
            "x.sql");
    }
    EXPECT_THAT(read.errors, IsEmpty());
    read.definition.documentation = "Orders */ of a country";
    return {std::make_shared<const Published>(Published{3,
                                                        read.definition,
                                                        {{"id", "bigint", true},
                                                         {"n", "bigint", false},
                                                         {"total", "numeric(10,2)", true},
                                                         {"odd \"name\"", "text", false},
                                                         {"data", "jsonb", false}},
                                                        "",
                                                        "me",
                                                        0})};
}

TEST(EndpointExports, OpenApiHasParametersAndRows) {
    const json document = json::parse(exportAs(ExportFormat::kOpenApi, someEndpoints()));
    EXPECT_EQ(document["openapi"], "3.1.0");
    const json& get = document["paths"]["/endpoints/orders-by-country"]["get"];
    ASSERT_EQ(get["parameters"].size(), 7U) << get.dump(1);
    EXPECT_EQ(get["parameters"][0]["schema"]["enum"], json::parse(R"(["US", "FR"])"));
    EXPECT_TRUE(get["parameters"][0]["required"]);
    const json& row = document["components"]["schemas"]["OrdersByCountryRow"];
    EXPECT_EQ(row["properties"]["id"]["type"], "string");
    EXPECT_EQ(row["properties"]["n"]["type"], json::parse(R"(["integer", "null"])"));
    EXPECT_EQ(row["properties"]["total"]["type"], "string");
    const json& parameters = document["components"]["schemas"]["OrdersByCountryParameters"];
    EXPECT_EQ(parameters["required"], json::parse(R"(["country"])"));
    EXPECT_EQ(parameters["additionalProperties"], false);
    // Every reference leads somewhere.
    const std::string text = document.dump();
    for (std::size_t at = text.find("#/components/schemas/"); at != std::string::npos;
         at = text.find("#/components/schemas/", at + 1)) {
        const std::string name = text.substr(at + 21, text.find('"', at) - at - 21);
        EXPECT_TRUE(document["components"]["schemas"].contains(name)) << name;
    }
}

TEST(EndpointExports, TheSameEndpointsAreTheSameText) {
    for (const char* name : {"openapi", "json-schema", "ts", "jsdoc", "python", "go"}) {
        const auto format = exportFormatOf(name);
        ASSERT_TRUE(format) << name;
        EXPECT_EQ(exportAs(*format, someEndpoints()), exportAs(*format, someEndpoints()));
    }
    EXPECT_FALSE(exportFormatOf("xml"));
}

TEST(EndpointExports, ScriptsHaveTypesAndNoOpenComments) {
    const std::string script = exportAs(ExportFormat::kTypeScript, someEndpoints());
    EXPECT_THAT(script,
                AllOf(HasSubstr("country: \"US\" | \"FR\";"), HasSubstr("ids?: (string | number | bigint)[];"),
                      HasSubstr("n: number | null;"), HasSubstr("total: string;"),
                      HasSubstr("\"odd \\\"name\\\"\": string | null;"), HasSubstr("/** Orders * / of a country */"),
                      HasSubstr("ordersByCountry<Field"), Not(HasSubstr("Orders */ of"))));
    EXPECT_THAT(exportAs(ExportFormat::kJsDoc, someEndpoints()), HasSubstr("@typedef"));
    EXPECT_NE(json::parse(exportAs(ExportFormat::kJsonSchema, {})), json());
}

TEST(EndpointExports, PythonTakesNamesThatAreNoneOfItsOwn) {
    ReadDefinition read = readDefinition(
        "/* {endpoint: import, parameters: [{name: from, type: date, required: true}, {name: self, type: bigint, list: "
        "true}, {name: kind, enum: [a, b]}]} */ SELECT :from, :self, :kind",
        "x.sql");
    ASSERT_THAT(read.errors, IsEmpty());
    read.definition.documentation = R"(Says """ and \\)";
    const Published endpoint{
        1, read.definition, {{"odd \"name\"", "integer", false}, {"at", "timestamptz", true}}, "", "me", 0};
    const std::string python = exportAs(ExportFormat::kPython, {std::make_shared<const Published>(endpoint)});
    EXPECT_THAT(python, AllOf(HasSubstr(R"( "from": Required[datetime.date | str],)"),
                              HasSubstr(R"( "self": NotRequired[list[int | str] | None],)"),
                              HasSubstr(R"( "kind": NotRequired[Literal["a", "b"] | None],)"),
                              HasSubstr(R"( "odd \"name\"": int | None,)"), HasSubstr(R"( "at": str,)"),
                              HasSubstr("def import_(self, /, **parameters: Unpack[ImportParameters])"),
                              HasSubstr(R"("""Says ''' and //""")")));
}

TEST(EndpointExports, GoTakesNamesThatATagCanNotHave) {
    ReadDefinition read = readDefinition(
        "/* {endpoint: authorization, parameters: [{name: kind, enum: [a b, a-b], list: true}, {name: row, type: "
        "jsonb}, "
        "{name: id, type: bigint, required: true}]} */ SELECT :kind, :row, :id",
        "x.sql");
    ASSERT_THAT(read.errors, IsEmpty());
    const Published endpoint{1,
                             read.definition,
                             {{"odd \"name\"", "integer", false}, {"2nd", "jsonb", true}, {"2ND", "text", true}},
                             "",
                             "me",
                             0};
    const std::string go = exportAs(ExportFormat::kGo, {std::make_shared<const Published>(endpoint)});
    EXPECT_THAT(go,
                AllOf(HasSubstr("\tKind *[]AuthorizationKind `json:\"kind,omitempty\"`\n"),
                      HasSubstr("\tAuthorizationKindAB AuthorizationKind = \"a b\"\n"),
                      HasSubstr("\tAuthorizationKindAB_ AuthorizationKind = \"a-b\"\n"),
                      HasSubstr("\tRow any `json:\"row,omitempty\"`\n"), HasSubstr("\tId int64 `json:\"id\"`\n"),
                      HasSubstr("\tOddName *int64 `json:\"-\"`\n"), HasSubstr("all[\"odd \\\"name\\\"\"]; has"),
                      HasSubstr("\tX2nd json.RawMessage `json:\"2nd\"`\n"), HasSubstr("\tX2ND string `json:\"2ND\"`\n"),
                      HasSubstr("func (client *Client) Authorization_(ctx context.Context")));
}

}  // namespace
}  // namespace tessera::endpoints
