// Goal: endpoints and models are found by the tables they use. Method: their files as people write them, and a fake
// node.
#include "app/core/endpoints/endpoint_tables.h"

#include "app/core/testing/fake_endpoints_client.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using Kind = EndpointUse::Kind;

constexpr const char* kOrders = R"(/*
endpoint: orders
parameters:
  - {name: country, required: true}
*/
SELECT o.id FROM sales.orders o JOIN people p ON p.id = o.person WHERE o.country = :country)";

constexpr const char* kPay = R"(/*
endpoint: pay
writes: true
nodes: [lake]
parameters:
  - {name: id, type: bigint, required: true}
*/
UPDATE sales.orders SET state = 'paid' WHERE id = :id)";

constexpr const char* kCustomer = R"(model: customer
version: 1
table: sales.customers
key: [id]
writes: [insert]
fields:
  - {name: id, type: bigint, not_null: true, required: true}
)";

TEST(EndpointTables, StatementsAndModelsNameTheirTables) {
    EXPECT_EQ(endpointUse(kOrders, "lake", "sales", "orders"), (EndpointUse{Kind::kEndpoint, "orders", false}));
    EXPECT_EQ(endpointUse(kOrders, "lake", "public", "people"), (EndpointUse{Kind::kEndpoint, "orders", false}));
    EXPECT_EQ(endpointUse(kOrders, "lake", "public", "orders"), std::nullopt);
    EXPECT_EQ(endpointUse(kPay, "lake", "sales", "orders"), (EndpointUse{Kind::kEndpoint, "pay", true}));
    EXPECT_EQ(endpointUse(kPay, "operations", "sales", "orders"), std::nullopt) << "not served there";
    EXPECT_EQ(modelUse(kCustomer, "lake", "sales", "customers"), (EndpointUse{Kind::kModel, "customer", true}));
    EXPECT_EQ(modelUse(kCustomer, "lake", "sales", "orders"), std::nullopt);
    EXPECT_EQ(endpointUse("no endpoint", "lake", "sales", "orders"), std::nullopt);
    EXPECT_EQ(modelUse("{no: [yaml", "lake", "sales", "orders"), std::nullopt);
}

TEST(EndpointTables, EveryOneOfTheMeshIsAskedFor) {
    const auto client = std::make_shared<FakeEndpointsClient>();
    client->with([](FakeEndpointsClient::Content& content) {
        for (const char* name : {"orders", "pay", "gone", "customer@v1", "customer@v1-insert"}) {
            content.endpoints.emplace_back().name = name;
        }
        content.models.emplace_back().name = "customer";
        content.files = {{"orders", {kOrders}}, {"pay", {kPay}}, {"customer.yaml", {kCustomer}}};
    });
    EndpointNodes nodes([client] { return Result<EndpointsClients>(EndpointsClients{client}); });
    const auto uses = endpointsThatUse(nodes, "lake", "sales", "orders");
    ASSERT_TRUE(uses) << uses.error().describe();
    ASSERT_EQ(uses->size(), 3U);
    EXPECT_EQ((*uses)[0].name, "orders");
    EXPECT_EQ((*uses)[1], (EndpointUse{Kind::kEndpoint, "pay", true}));
    EXPECT_FALSE((*uses)[2].problem.empty()) << "one that cannot be read is said";
    const auto customers = endpointsThatUse(nodes, "lake", "sales", "customers");
    ASSERT_TRUE(customers);
    EXPECT_EQ(customers->back(), (EndpointUse{Kind::kModel, "customer", true}));
    client->with(
        [](FakeEndpointsClient::Content& content) { content.error = fail(ErrorCode::kUnimplemented, "none"); });
    EXPECT_EQ(endpointsThatUse(nodes, "lake", "sales", "orders").error().code, ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace tessera::app
