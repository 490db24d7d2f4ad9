// Goal: an endpoint is written with what is wrong at its place, by itself and as the mesh says; it is published over
// nothing that somebody else has published meanwhile; a statement becomes a file, and values a call. Method: texts, and
// a fake node.
#include "app/core/endpoints/endpoint_draft.h"
#include "app/core/endpoints/endpoint_models.h"
#include "app/core/endpoints/endpoint_request.h"
#include "app/core/endpoints/parameter_types.h"
#include "app/core/endpoints/statement_endpoint.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_endpoints_client.h"
#include "app/core/testing/fake_node_client.h"
#include "nodeservice/endpoints/definition/read.h"

#include <gtest/gtest.h>

#include <QProcess>
#include <QSignalSpy>

namespace tessera::app {
namespace {

constexpr const char* kFile = R"(/*
endpoint: orders
parameters:
  - {name: country, required: true, max_length: 60}
  - {name: least, type: integer, min: 0, default: 0}
*/
SELECT id, total FROM orders
WHERE country = :country AND total >= :least
)";

constexpr const char* kModel = R"(model: customer
version: 2
table: sales.customers
key: [id]
fields:
  - {name: id, type: bigint, not_null: true}
  - {name: full_name, column: name, type: text}
relationships:
  - {name: orders, model: order@v1, column: id, other_column: customer_id}
older:
  - version: 1
    changes:
      - {rename: full_name, to: name}
)";

class EndpointDraftTest : public testing::Test {
  protected:
    void open(EndpointDraft& draft, const char* name = "orders", const char* text = kFile) {
        node_->with([&](FakeEndpointsClient::Content& content) { content.files[name] = {"old", text}; });
        draft.open(name, {{2, "etl", 1, true}, text, {}});
    }

    static bool isAnswered(EndpointDraft& draft) {
        return processEventsUntil([&] { return !draft.isChecking() && !draft.isPublishing(); });
    }

    std::shared_ptr<FakeEndpointsClient> node_ = std::make_shared<FakeEndpointsClient>();
    std::shared_ptr<EndpointNodes> nodes_ = std::make_shared<EndpointNodes>(
        [node = node_]() -> Result<EndpointsClients> { return EndpointsClients{node}; });
};

TEST_F(EndpointDraftTest, FormsChangeTheHeaderAndNothingElse) {
    EndpointDraft draft(EndpointDraft::Kind::kEndpoint, nodes_);
    open(draft);
    EXPECT_FALSE(draft.isChanged());
    ASSERT_TRUE(draft.definition());
    EXPECT_EQ(draft.document().value("parameters/1/type"), "integer");
    draft.change("documentation", [](YamlDocument& document) { document.set("documentation", "Ends */ here"); });
    const auto read = endpoints::readDefinition(draft.text(), "a.sql");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe() << draft.text();
    EXPECT_EQ(read.definition.documentation, "Ends * / here");
    EXPECT_EQ(read.definition.sql, endpoints::readDefinition(kFile, "b.sql").definition.sql);
    EXPECT_EQ(read.definition.parameters, endpoints::readDefinition(kFile, "b.sql").definition.parameters);
    draft.undo();
    EXPECT_EQ(draft.text(), kFile);
    EXPECT_FALSE(draft.isChanged());
}

TEST_F(EndpointDraftTest, WhatIsWrongIsSaidAtItsPlaceBeforeAndByTheMesh) {
    EndpointDraft draft(EndpointDraft::Kind::kEndpoint, nodes_);
    open(draft);
    std::string text = kFile;
    draft.setText(text.replace(text.find("integer"), 7, "intger"));
    ASSERT_FALSE(draft.problems().empty());
    EXPECT_EQ(draft.problems().front().line, 5);
    EXPECT_EQ(draft.problems().front().path, "parameters/1/type");
    EXPECT_FALSE(draft.problemOf("parameters/1/type").isEmpty());
    EXPECT_FALSE(draft.isChecking()) << "the mesh is not asked about what is wrong by itself";
    node_->with([](FakeEndpointsClient::Content& content) {
        content.problems = {fail(ErrorCode::kInvalidArgument, "endpoint.sql:8: column \"total\" does not exist")};
    });
    draft.setText(std::string(kFile) + "-- more\n");
    EXPECT_TRUE(draft.isChecking());
    ASSERT_TRUE(isAnswered(draft));
    ASSERT_EQ(draft.problems().size(), 1U);
    EXPECT_EQ(draft.problems().front().line, 8);
    EXPECT_EQ(draft.problems().front().text, QStringLiteral("column \"total\" does not exist"));
    EXPECT_FALSE(draft.changes());
    node_->with([](FakeEndpointsClient::Content& content) {
        content.problems.clear();
        content.error = fail(ErrorCode::kUnavailable, "node 'a' cannot be reached");
    });
    draft.setText(std::string(kFile) + "-- other\n");
    ASSERT_TRUE(isAnswered(draft));
    EXPECT_TRUE(draft.checkProblem().contains(QLatin1String("cannot be reached")));
    node_->with([](FakeEndpointsClient::Content& content) { content.error.reset(); });
    draft.setText(std::string(kFile) + "-- again\n");
    ASSERT_TRUE(isAnswered(draft));
    ASSERT_TRUE(draft.changes());
    EXPECT_EQ(draft.changes()->endpoints.front().diff, "-a: old\n+a: new\n");
}

TEST_F(EndpointDraftTest, NothingOfSomebodyElseIsOverwritten) {
    EndpointDraft draft(EndpointDraft::Kind::kEndpoint, nodes_);
    open(draft);
    const QSignalSpy failed(&draft, &EndpointDraft::failed);
    const QSignalSpy published(&draft, &EndpointDraft::published);
    draft.setText(std::string(kFile) + "-- mine\n");
    ASSERT_TRUE(isAnswered(draft));
    node_->with([](FakeEndpointsClient::Content& content) { content.files["orders"].push_back("theirs"); });
    draft.publish(false);
    ASSERT_TRUE(isAnswered(draft));
    ASSERT_EQ(failed.size(), 1);
    EXPECT_TRUE(failed.at(0).at(0).toString().contains(QLatin1String("version 3")));
    EXPECT_EQ(published.size(), 0);
    EXPECT_TRUE(draft.isChanged());
    // Nor does a new one take the place of one that is there.
    EndpointDraft other(EndpointDraft::Kind::kEndpoint, nodes_);
    other.begin(kFile);
    ASSERT_TRUE(isAnswered(other));
    const QSignalSpy refused(&other, &EndpointDraft::failed);
    other.publish(false);
    ASSERT_TRUE(isAnswered(other));
    ASSERT_EQ(refused.size(), 1);
    EXPECT_TRUE(refused.at(0).at(0).toString().contains(QLatin1String("already")));
    node_->with([](FakeEndpointsClient::Content& content) { content.files.clear(); });
    other.publish(true);
    ASSERT_TRUE(isAnswered(other));
    EXPECT_EQ(other.version(), 1);
    EXPECT_FALSE(other.isChanged());
    EXPECT_EQ(other.publishedName(), "orders");
    other.setText(std::string(kFile).replace(12, 6, "others"));
    EXPECT_FALSE(other.problems().empty()) << "what is published keeps its name";
}

TEST_F(EndpointDraftTest, AModelIsJudgedWithThoseItLeadsTo) {
    EndpointDraft draft(EndpointDraft::Kind::kModel, nodes_);
    node_->with([](FakeEndpointsClient::Content& content) {
        content.files["order.yaml"] = {
            "model: order\nversion: 1\ntable: o\nkey: [id]\nfields: [{name: id, type: bigint}]\n"
            "relationships: [{name: buyer, model: customer@v2, column: a, other_column: b}]\n"};
    });
    open(draft, "customer", kModel);
    EXPECT_TRUE(draft.problems().empty()) << draft.problems().front().text.toStdString();
    ASSERT_TRUE(draft.model());
    EXPECT_EQ(draft.model()->versions.size(), 2U);
    draft.change("documentation", [](YamlDocument& document) { document.set("documentation", "Who buys"); });
    ASSERT_TRUE(isAnswered(draft));
    node_->with([](const FakeEndpointsClient::Content& content) {
        ASSERT_EQ(content.applied.size(), 2U);
        EXPECT_EQ(content.applied[0].origin, "model.yaml");
        EXPECT_EQ(content.applied[1].origin, "order.yaml");
    });
}

TEST(StatementEndpointTest, AStatementBecomesAFileWithTypedParameters) {
    const StatementEndpoint made("SELECT * FROM sales.orders o WHERE country = :Country AND id = ANY(:ids) -- :no\n ;");
    EXPECT_EQ(made.name(), "orders");
    EXPECT_EQ(made.bound().names, (std::vector<std::string>{"country", "ids"}));
    const auto read = endpoints::readDefinition(made.file({"character varying", "bigint[]"}), "a.sql");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
    ASSERT_EQ(read.definition.parameters.size(), 2U);
    EXPECT_EQ(read.definition.parameters[0].type, endpoints::ParameterType::kText);
    EXPECT_TRUE(read.definition.parameters[0].is_required);
    EXPECT_EQ(read.definition.parameters[1].type, endpoints::ParameterType::kBigint);
    EXPECT_TRUE(read.definition.parameters[1].is_list);
    // Types that the node has not said yet are texts; statements that change rows say so; nothing is no name.
    EXPECT_TRUE(endpoints::readDefinition(made.file({}), "a.sql").errors.empty());
    EXPECT_NE(StatementEndpoint("DELETE FROM t WHERE id = :id").file({}).find("writes: true"), std::string::npos);
    EXPECT_EQ(StatementEndpoint("SELECT 1").name(), "new-endpoint");
    EXPECT_EQ(StatementEndpoint("SELECT 1 FROM \"Größe 1\"").name(), "gre1");
}

TEST(ParameterTypesTest, PostgresSaysThemOnASessionThatEndsAfterwards) {
    const auto node = std::make_shared<FakeNodeClient>("lake");
    ParameterTypes types;
    std::optional<Result<std::vector<std::string>>> told;
    types.ask(node, "SELECT $1", [&](Result<std::vector<std::string>> result) { told = std::move(result); });
    ASSERT_EQ(node->sessions.size(), 1U);
    EXPECT_EQ(node->statement().request.sql, "PREPARE tessera_endpoint AS SELECT $1");
    EXPECT_TRUE(node->statement().is_on_session);
    node->statement().complete("PREPARE", 0);
    ASSERT_TRUE(processEventsUntil([&] { return node->statements.size() == 2; }));
    node->statement().sendColumns({"type"});
    node->statement().sendRows(1, {{"integer"}, {"text[]"}});
    node->statement().complete("SELECT 2", 2);
    ASSERT_TRUE(processEventsUntil([&] { return told.has_value(); }));
    ASSERT_TRUE(*told) << told->error().describe();
    EXPECT_EQ(**told, (std::vector<std::string>{"integer", "text[]"}));
    EXPECT_TRUE(node->sessions.front()->is_closed);
    told.reset();
    types.ask(node, "SELEC", [&](Result<std::vector<std::string>> result) { told = std::move(result); });
    node->statement().failWith(fail(ErrorCode::kInvalidArgument, "syntax error"));
    ASSERT_TRUE(processEventsUntil([&] { return told.has_value(); }));
    EXPECT_FALSE(*told);
}

TEST(EndpointRequestTest, ValuesBecomeACallAndACommand) {
    const auto endpoint = endpoints::readDefinition(
        "/*\nendpoint: orders\nparameters:\n  - {name: country, required: true}\n  - {name: states, list: true, enum: "
        "[new, paid]}\n  - {name: least, type: integer, min: 0}\n*/\nSELECT 1 WHERE :country = '' AND :least = 1 AND "
        "'' = ANY(:states)",
        "a.sql");
    ASSERT_TRUE(endpoint.errors.empty()) << endpoint.errors.front().describe();
    const auto& parameters = endpoint.definition.parameters;
    EXPECT_FALSE(valueProblem(parameters[0], "").isEmpty());
    EXPECT_TRUE(valueProblem(parameters[0], "Peru").isEmpty());
    EXPECT_TRUE(valueProblem(parameters[1], "new, paid").isEmpty());
    EXPECT_FALSE(valueProblem(parameters[1], "new, old").isEmpty());
    EXPECT_FALSE(valueProblem(parameters[2], "-1").isEmpty());
    EXPECT_FALSE(valueProblem(parameters[2], "many").isEmpty());
    const client::EndpointCall call =
        callOf(endpoint.definition, {{{"country", "O'Brien & Söhne"}, {"states", "new, paid"}, {"least", ""}}, "csv"});
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.query, "country=O%27Brien%20%26%20S%C3%B6hne&states=new&states=paid");
    EXPECT_EQ(curlOf(call, "http://127.0.0.1:7410"),
              "curl -u \"$TESSERA_USER\" -H 'Accept: text/csv' \\\n  'http://127.0.0.1:7410/api/v1/endpoints/orders?" +
                  call.query + "'");
    endpoints::Definition writing = endpoint.definition;
    writing.writes = true;
    const client::EndpointCall posted = callOf(writing, {{{"country", "it's"}, {"least", "3"}}, "json"});
    EXPECT_EQ(posted.method, "POST");
    EXPECT_EQ(posted.body, R"({"country":"it's","least":3})");
    // Python's own parser takes it.
    for (const client::EndpointCall& one : {call, posted}) {
        QProcess python;
        python.start(QStringLiteral("python3"),
                     {QStringLiteral("-c"), QStringLiteral("import ast, sys; ast.parse(sys.stdin.read())")});
        ASSERT_TRUE(python.waitForStarted());
        python.write(QByteArray::fromStdString(pythonOf(one, "http://127.0.0.1:7410")));
        python.closeWriteChannel();
        ASSERT_TRUE(python.waitForFinished());
        EXPECT_EQ(python.exitCode(), 0) << python.readAllStandardError().toStdString();
    }
    EXPECT_NE(pythonOf(posted, "n").find(R"(data="{\"country\":\"it's\",\"least\":3}".encode())"), std::string::npos)
        << pythonOf(posted, "n");
    EXPECT_NE(curlOf(posted, "n").find(R"('{"country":"it'\''s","least":3}')"), std::string::npos);
}

TEST(EndpointModelsTest, ModelsAreToldFromTheirEndpoints) {
    std::vector<client::EndpointInfo> endpoints(4);
    endpoints[0].name = "customer@v1";
    endpoints[0].calls = 4;
    endpoints[0].callers = {"app"};
    endpoints[1].name = "customer@v10";
    endpoints[2].name = "customer@v10-insert";
    endpoints[3].name = "orders";
    const auto models = modelsOf(endpoints, {{"customer", 5, "etl", 7}, {"gone", 1, "etl", 1}});
    ASSERT_EQ(models.size(), 2U);
    EXPECT_EQ(models[0].file_version, 5);
    ASSERT_EQ(models[0].versions.size(), 2U);
    EXPECT_EQ(models[0].versions[0].name, "customer@v10");
    EXPECT_EQ(models[0].endpoints.size(), 3U);
    EXPECT_TRUE(models[1].versions.empty());
    EXPECT_EQ(usageOf(endpoints[0]), QStringLiteral("4 calls by app"));
}

}  // namespace
}  // namespace tessera::app
