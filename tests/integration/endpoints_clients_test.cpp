/// What programs and people know endpoints by: the exported clients, compiled by tsc and run by Node.js against a real
/// node, and the page of documentation in a browser.

#include "nodeservice/client/endpoints_client.h"
#include "tests/support/cached.h"
#include "tests/support/curl.h"
#include "tests/support/open_api.h"
#include "tests/support/temporary_browser.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <stop_token>
#include <thread>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{900};

constexpr const char* kInit = R"sql(
CREATE TABLE IF NOT EXISTS public.orders(id bigint PRIMARY KEY, country text NOT NULL, total numeric NOT NULL, paid boolean);
INSERT INTO public.orders SELECT i, (ARRAY['Peru', 'Chile'])[i % 2 + 1], i * 1.5, CASE WHEN i % 3 > 0 THEN i % 3 = 1 END
  FROM generate_series(1, 25) i ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS public.visits(id uuid PRIMARY KEY, place text NOT NULL);
GRANT ALL ON public.orders, public.visits TO tester, caller;
)sql";

constexpr const char* kOrders = R"sql(/*
endpoint: orders
documentation: Orders of a country
parameters:
  - {name: country, required: true, enum: [Peru, Chile], documentation: Where they went to}
  - {name: least, type: numeric, min: 0}
  - {name: since, type: date}
page: {key: [id], size: 5, max: 20}
sort: [total]
*/
SELECT id, country, total, paid, length(country) AS letters FROM orders
WHERE country = :country AND (:least IS NULL OR total >= :least) AND (:since IS NULL OR now() >= :since)
)sql";

constexpr const char* kAdd = R"sql(/*
endpoint: add-order
writes: true
parameters:
  - {name: id, type: bigint, required: true}
  - {name: total, type: numeric, default: 1}
*/
INSERT INTO orders(id, country, total) VALUES (:id, 'Chile', :total)
)sql";

/// Its id is made.
constexpr const char* kVisit = R"yaml(model: visit
version: 1
table: visits
key: [id]
writes: [insert]
fields:
  - {name: id, type: uuid, not_null: true}
  - {name: place, type: text, not_null: true, required: true}
)yaml";

constexpr const char* kProgram = R"ts(
import { TesseraClient, TesseraError, eachRow } from "./client.js";
const client = new TesseraClient({ url: process.env["NODE"] ?? "", authorization: () => "Basic " + btoa("caller:c") });
const page = await client.orders({ country: "Peru", least: "3.0", limit: 2, sort: ["-total"] });
const first = page.items[0];
console.log(page.items.length, first?.id, first?.total, first?.letters, typeof page.next);
const few = await client.orders({ country: "Peru", fields: ["id", "paid"] });
console.log(JSON.stringify(few.items[0]));
let rows = 0;
for await (const row of eachRow((parameters) => client.orders(parameters), { country: "Chile" as const })) {
    rows += row.country === "Chile" ? 1 : 0;
}
console.log("rows", rows);
await client.addOrder({ id: 9007199254740993n });
const visit = (await client.visitV1Insert({ place: "Lima" })).items[0];
console.log(visit?.place, visit?.id.charAt(14));
try {
    await client.orders({ country: "Peru", limit: 21 });
} catch (error) {
    if (error instanceof TesseraError) {
        console.log(error.status, error.problems[0]?.parameter, error.problems[0]?.allowed);
    }
}
)ts";

constexpr const char* kGoProgram = R"go(package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"program/tessera"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	client := tessera.Client{URL: os.Getenv("NODE") + "/", Authorization: tessera.Basic("caller", "c")}
	page := must(client.Orders(ctx, tessera.OrdersParameters{
		Country: tessera.OrdersCountryPeru, Least: tessera.Ptr("3.0"), Limit: tessera.Ptr(2), Sort: &[]string{"-total"}}))
	first := page.Items[0]
	fmt.Printf("%d %s %s %d %T\n", len(page.Items), first.Id, first.Total, *first.Letters, *page.Next)
	few := must(client.Orders(ctx, tessera.OrdersParameters{Country: "Peru", Fields: &[]string{"id", "paid"}})).Items[0]
	fmt.Println(string(must(json.Marshal(struct {
		Id   string `json:"id"`
		Paid *bool  `json:"paid"`
	}{few.Id, few.Paid}))))
	rows := 0
	err := tessera.EachRow(ctx, client.Orders, tessera.OrdersParameters{Country: "Chile"}, func(row tessera.OrdersRow) error {
		if row.Country == "Chile" {
			rows++
		}
		return nil
	})
	fmt.Println("rows", must(rows, err))
	must(client.AddOrder(ctx, tessera.AddOrderParameters{Id: 9007199254740993}))
	visit := must(client.VisitV1Insert(ctx, tessera.VisitV1InsertParameters{Place: "Lima"})).Items[0]
	fmt.Println(visit.Place, visit.Id[14:15])
	_, err = client.Orders(ctx, tessera.OrdersParameters{Country: "Peru", Limit: tessera.Ptr(21)})
	var refused *tessera.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Problems[0].Parameter, refused.Problems[0].Allowed)
	}
}
)go";

class EndpointClients : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryNode::prepare({.name = "solo",
                                            .yaml = "endpoints: {authors: [tester], readers: [caller]}\ninit: init\n",
                                            .users = "{name: caller, password: c}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        std::filesystem::create_directory(node_->folder() / "init");
        writeFile(node_->folder() / "init" / "orders.sql", kInit);
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        auto author = client::EndpointsClient::create(
            {"solo", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        ASSERT_TRUE(author);
        const auto applied =
            (*author)->apply({{"orders.sql", kOrders}, {"add.sql", kAdd}, {"visit.yaml", kVisit}}, false, false);
        ASSERT_TRUE(applied) << applied.error().describe();
        ASSERT_TRUE(applied->problems.empty()) << applied->problems.front().describe();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static std::shared_ptr<client::EndpointsClient> clientOf(const std::string& user, const std::string& password) {
        auto made =
            client::EndpointsClient::create({"solo", "127.0.0.1:" + std::to_string(node_->port()), user, password});
        EXPECT_TRUE(made) << made.error().describe();
        return made.value_or(nullptr);
    }

    static std::string url() { return "http://127.0.0.1:" + std::to_string(node_->port()); }

    void SetUp() override {
        packages_ = cached("node-clients-4", "node_modules/typescript/bin/tsc");
        writeFile(folder_.path() / "mesh.yaml", "mesh: trial\nnodes: [{name: solo, address: '127.0.0.1:" +
                                                    std::to_string(node_->port()) + "', user: caller, password: c}]\n");
        writeFile(folder_.path() / "package.json", R"({"type": "module"})");
        // Types of Node.js alone are not there: the programs need but these.
        writeFile(folder_.path() / "node.d.ts",
                  "declare const process: { env: Record<string, string | undefined> };\n");
    }

    std::string types(const std::string& flag) const {
        const auto made = run({.arguments = {TESSERA_BUILD_DIR "/bin/tessera", "endpoint", "types", flag},
                               .environment = {{"TESSERA_MESH", (folder_.path() / "mesh.yaml").string()}}},
                              kPatience);
        EXPECT_TRUE(made) << made.error().describe();
        EXPECT_EQ(made->status.exit_code, 0) << made->error;
        return made->output;
    }

    /// What it says of errors.
    std::string compile(std::vector<std::string> arguments) const {
        const std::filesystem::path tsc = packages_ / "node_modules/typescript/bin/tsc";
        arguments.insert(arguments.begin(), {"node", tsc.string(), "--strict", "--noUncheckedIndexedAccess", "--target",
                                             "es2022", "--module", "nodenext", "--pretty", "false"});
        const auto done = run({.arguments = arguments, .working_directory = folder_.path()}, kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        return done->output;
    }

    std::string runProgram() const {
        const auto done = run({.arguments = {"node", "program.js"},
                               .environment = {{"NODE", url()}},
                               .working_directory = folder_.path()},
                              kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        EXPECT_EQ(done->status.exit_code, 0) << done->error;
        return done->output;
    }

    static void forgetOrder() {
        auto connection = node_->connect();
        ASSERT_TRUE(connection);
        const auto done = connection->query("DELETE FROM orders WHERE id = 9007199254740993");
        ASSERT_TRUE(done) << done.error().describe();
        EXPECT_EQ(done->affected, 1) << "the number came exactly";
    }

    static constexpr const char* kExpected =
        "2 24 36.0 4 string\n{\"id\":\"2\",\"paid\":false}\nrows 13\nLima 7\n400 limit from 1 to 20\n";

    TemporaryDirectory folder_;
    std::filesystem::path packages_;
    inline static std::unique_ptr<TemporaryNode> node_;
};

TEST_F(EndpointClients, TypeScriptCompilesStrictlyAndCalls) {
    if (packages_.empty()) {
        GTEST_SKIP() << "typescript is not there: ./dev setup fetches it";
    }
    writeFile(folder_.path() / "client.ts", types("--ts"));
    writeFile(folder_.path() / "program.ts", kProgram);
    EXPECT_EQ(compile({"node.d.ts", "client.ts", "program.ts"}), "");
    EXPECT_EQ(runProgram(), kExpected);
    forgetOrder();
    // What the node would refuse does not compile.
    for (const auto& [call, error] : std::vector<std::pair<std::string, std::string>>{
             {"client.orders({})", "'country' is missing"},
             {"client.orders({ country: \"Spain\" })", "not assignable"},
             {"client.orders({ country: \"Peru\", contry: 1 })", "does not exist"},
             {"client.visitV1Insert({ place: \"Lima\", id: \"\" })", "'id' does not exist"},
             {"client.orders({ country: \"Peru\", sort: [\"paid\"] })", "not assignable"},
             {"client.orders({ country: \"Peru\", fields: [\"secret\"] })", "not assignable"},
             {"(await client.orders({ country: \"Peru\", fields: [\"id\"] })).items.map((row) => row.total)",
              "does not exist"},
             {"(await client.orders({ country: \"Peru\" })).items.map((row) => row.id.toFixed())", "does not exist"},
             {"(await client.orders({ country: \"Peru\" })).items.map((row) => row.paid.valueOf())",
              "possibly 'null'"}}) {
        writeFile(folder_.path() / "wrong.ts",
                  "import { TesseraClient } from \"./client.js\";\nconst client = new "
                  "TesseraClient({ url: \"\" });\nvoid (" +
                      call + ");\nexport {};\n");
        EXPECT_THAT(compile({"--noEmit", "client.ts", "wrong.ts"}), HasSubstr(error)) << call;
    }
}

TEST_F(EndpointClients, JavaScriptWithJsDocIsCheckedAndCalls) {
    if (packages_.empty()) {
        GTEST_SKIP() << "typescript is not there: ./dev setup fetches it";
    }
    writeFile(folder_.path() / "client.js", types("--jsdoc"));
    std::string program = kProgram;
    for (const auto& [typed, plain] :
         std::vector<std::pair<std::string, std::string>>{{"\"Chile\" as const", "/** @type {const} */ (\"Chile\")"}}) {
        program.replace(program.find(typed), typed.size(), plain);
    }
    writeFile(folder_.path() / "program.js", program);
    EXPECT_EQ(compile({"--allowJs", "--checkJs", "--noEmit", "node.d.ts", "client.js", "program.js"}), "");
    EXPECT_EQ(runProgram(), kExpected);
    forgetOrder();
    writeFile(folder_.path() / "wrong.js",
              "import { TesseraClient } from \"./client.js\";\nvoid new TesseraClient({ url: "
              "\"\" }).orders({ country: \"Spain\" });\n");
    EXPECT_THAT(compile({"--allowJs", "--checkJs", "--noEmit", "client.js", "wrong.js"}), HasSubstr("not assignable"));
}

/// It compiles, its types can be resolved, and a program that uses it says what those in other languages do.
TEST_F(EndpointClients, PythonCompilesAndCalls) {
    writeFile(folder_.path() / "client.py", types("--python"));
    writeFile(folder_.path() / "program.py", R"py(
import json, os, typing
import client as made
client = made.TesseraClient(os.environ["NODE"] + "/", authorization=lambda: made.basic("caller", "c"))
page = client.orders(country="Peru", least="3.0", limit=2, sort=["-total"])
first = page.items[0]
print(len(page.items), first["id"], first["total"], first["letters"], "string" if isinstance(page.next, str) else page.next)
few = client.orders(country="Peru", fields=["id", "paid"])
print(json.dumps(few.items[0], separators=(",", ":")))
print("rows", sum(row["country"] == "Chile" for row in made.each_row(client.orders, country="Chile")))
client.add_order(id=9007199254740993)
visit = client.visit_v1_insert(place="Lima").items[0]
print(visit["place"], visit["id"][14])
try:
    client.orders(country="Peru", limit=21)
except made.TesseraError as error:
    print(error.status, error.problems[0]["parameter"], error.problems[0]["allowed"])
for name in ("OrdersParameters", "OrdersRow", "AddOrderParameters"):
    assert typing.get_type_hints(getattr(made, name)), name
assert made.OrdersParameters.__required_keys__ == {"country"}, made.OrdersParameters.__required_keys__
)py");
    const auto python = [this](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"python3", "-W", "error"});
        const auto done = run({.arguments = arguments,
                               .environment = {{"NODE", url()}, {"PYTHONDONTWRITEBYTECODE", "1"}},
                               .working_directory = folder_.path()},
                              kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        EXPECT_EQ(done->status.exit_code, 0) << done->error;
        return done->output;
    };
    EXPECT_EQ(python({"-m", "py_compile", "client.py"}), "");
    EXPECT_EQ(python({"program.py"}), kExpected);
    forgetOrder();
}

/// Where there is a Go: nothing else here needs one.
TEST_F(EndpointClients, GoCompilesAndCalls) {
    if (const auto found = run({.arguments = {"go", "version"}}, kPatience); !found || found->status.exit_code != 0) {
        GTEST_SKIP() << "there is no go";
    }
    std::filesystem::create_directory(folder_.path() / "tessera");
    writeFile(folder_.path() / "tessera" / "client.go", types("--go"));
    writeFile(folder_.path() / "go.mod", "module program\n\ngo 1.18\n");
    writeFile(folder_.path() / "program.go", kGoProgram);
    // Nothing is fetched, and the standard library is compiled once for all runs.
    const auto go = [this](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "go");
        const auto done = run({.arguments = arguments,
                               .environment = {{"NODE", url()},
                                               {"GOCACHE", TESSERA_BUILD_DIR "/go-cache"},
                                               {"GOPATH", (folder_.path() / "go").string()},
                                               {"GOPROXY", "off"},
                                               {"GOTOOLCHAIN", "local"}},
                               .working_directory = folder_.path()},
                              std::chrono::minutes(25));
        EXPECT_TRUE(done) << done.error().describe();
        EXPECT_EQ(done->status.exit_code, 0) << done->error;
        return done->output;
    };
    EXPECT_EQ(go({"vet", "./..."}), "");
    EXPECT_EQ(go({"run", "."}), kExpected);
    forgetOrder();
}

TEST_F(EndpointClients, DescriptionsAreServedToWhoMayCall) {
    const auto get = [](const std::string& page, const std::string& who) {
        return runCurl(url() + "/api/v1/endpoints/" + page, "user = \"" + who + "\"\n");
    };
    const HttpAnswer open_api = get("openapi.json", "caller:c");
    EXPECT_EQ(open_api.asJson()["openapi"], "3.1.0");
    EXPECT_EQ(openApiErrors(open_api.body), "");
    EXPECT_TRUE(open_api.asJson()["paths"].contains("/endpoints/add-order"));
    EXPECT_EQ(open_api.body, types("--openapi"));
    EXPECT_EQ(get("schema.json", "caller:c").body, types("--json-schema"));
    EXPECT_EQ(get("client.ts", "caller:c").body, types("--ts"));
    EXPECT_EQ(get("client.js", "caller:c").body, types("--jsdoc"));
    EXPECT_EQ(get("client.py", "caller:c").body, types("--python"));
    EXPECT_EQ(get("client.go", "caller:c").body, types("--go"));
    EXPECT_EQ(get("openapi.json", "caller:wrong").status, 401);
    EXPECT_EQ(get("openapi.yaml", "caller:c").status, 404);
}

/// As the workbench tries endpoints out: through the agent, which keeps the token.
TEST_F(EndpointClients, AreCalledByGrpcAsByHttp) {
    const auto caller = clientOf("caller", "c");
    const auto answer = caller->call({"orders", "GET", "country=Peru&limit=3"}, {});
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->status, 200);
    const HttpAnswer same = runCurl(url() + "/api/v1/endpoints/orders?country=Peru&limit=3", "user = \"caller:c\"\n");
    EXPECT_EQ(answer->body, same.body);
    const std::map<std::string, std::string> headers(answer->headers.begin(), answer->headers.end());
    EXPECT_EQ(headers.at("Tessera-Endpoint-Version"), "1");
    EXPECT_EQ(headers.at("Tessera-Cursor"), same.asJson()["next"]);
    // What is wrong is an answer, too.
    const auto wrong = caller->call({"orders", "GET", "limit=21"}, {});
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->status, 400);
    EXPECT_EQ(nlohmann::json::parse(wrong->body)["problems"].size(), 2U);
    EXPECT_EQ(caller->call({"orders/../../query", "GET"}, {})->status, 404);
    EXPECT_EQ(caller->call({"orders", "DELETE"}, {})->status, 405);
    EXPECT_EQ(clientOf("caller", "wrong")->call({"orders", "GET", "country=Peru"}, {})->status, 401);
    const auto posted = caller->call({"orders", "POST", "", R"({"country": "Peru", "limit": 1})", "text/csv"}, {});
    ASSERT_TRUE(posted);
    EXPECT_THAT(posted->body, HasSubstr("id,country,"));
    const auto code = caller->exportAs("ts", {"orders"});
    ASSERT_TRUE(code);
    EXPECT_THAT(*code, AllOf(HasSubstr("orders("), testing::Not(HasSubstr("addOrder("))));
}

TEST_F(EndpointClients, AnswersByGrpcAreBoundedAndCanBeStopped) {
    const auto author = clientOf(TemporaryNode::kUser, TemporaryNode::kPassword);
    const auto applied = author->apply(
        {{"large.sql", "/* {endpoint: large} */ SELECT repeat('x', 1000) AS a FROM generate_series(1, 5000)"},
         {"slow.sql", "/* {endpoint: slow} */ SELECT pg_sleep(100)::text AS slept"}},
        false, false);
    ASSERT_TRUE(applied && applied->problems.empty());
    const auto large = author->call({"large"}, {});
    ASSERT_TRUE(large) << large.error().describe();
    EXPECT_EQ(large->status, 200);
    EXPECT_TRUE(large->is_cut);
    EXPECT_EQ(large->body.size(), 1U << 20U);
    const auto is_asleep = [] {
        auto connection = node_->connect();
        EXPECT_TRUE(connection);
        const auto count = connection->queryValue(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100)%' AND pid <> pg_backend_pid() AND "
            "state = 'active'");
        EXPECT_TRUE(count) << count.error().describe();
        return count && count->value_or("") == "1";
    };
    std::stop_source stop;
    std::optional<Result<client::EndpointAnswer>> stopped;
    std::thread waiting([&] { stopped = author->call({"slow"}, stop.get_token()); });
    EXPECT_TRUE(waitUntil(is_asleep, kPatience));
    stop.request_stop();
    waiting.join();
    ASSERT_TRUE(stopped.has_value());
    ASSERT_FALSE(*stopped);
    EXPECT_EQ(stopped->error().code, ErrorCode::kCancelled) << stopped->error().describe();
    EXPECT_TRUE(waitUntil([&] { return !is_asleep(); }, kPatience)) << "the statement goes on";
    EXPECT_TRUE(author->remove("large"));
    EXPECT_TRUE(author->remove("slow"));
}

TEST_F(EndpointClients, ThePageOfDocumentationShowsAndCallsThem) {
    if (!TemporaryBrowser::isInstalled()) {
        GTEST_SKIP() << "chromium and chromium-driver are not installed";
    }
    auto browser = TemporaryBrowser::start();
    ASSERT_TRUE(browser) << browser.error().describe();
    ASSERT_TRUE(browser->open(url() + "/docs"));
    ASSERT_TRUE(browser->waitForText("Sign in to see the endpoints"));
    ASSERT_TRUE(browser->type("#user", "caller"));
    ASSERT_TRUE(browser->type("#secret", "wrong"));
    ASSERT_TRUE(browser->click("#who button"));
    ASSERT_TRUE(browser->waitForText("password"));
    ASSERT_TRUE(browser->type("#secret",
                              "\xee\x80\x83\xee\x80\x83\xee\x80\x83\xee\x80\x83\xee\x80\x83"
                              "c"));
    ASSERT_TRUE(browser->click("#who button"));
    ASSERT_TRUE(browser->click("#show-orders"));
    const auto shown = browser->waitForText("Where they went to");
    ASSERT_TRUE(shown) << shown.error().describe();
    EXPECT_THAT(*shown, AllOf(HasSubstr("Orders of a country"), HasSubstr("add-order"), HasSubstr("from 1, up to 20")));
    ASSERT_TRUE(browser->click("#call"));
    ASSERT_TRUE(browser->waitForText("'country' is missing"));
    ASSERT_TRUE(browser->type("#in-country", "Peru"));
    ASSERT_TRUE(browser->type("#in-limit", "4"));
    ASSERT_TRUE(browser->click("#call"));
    const auto rows = browser->waitForText("4 rows, version 1");
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_THAT(*rows, HasSubstr("country=Peru&limit=4"));
    if (const char* folder = std::getenv("TESSERA_SCREENSHOTS")) {
        const auto picture = browser->screenshot();
        ASSERT_TRUE(picture) << picture.error().describe();
        writeFile(std::filesystem::path(folder) / "endpoints-page.png", *picture);
    }
    ASSERT_TRUE(browser->click("#next"));
    EXPECT_TRUE(browser->waitForText("10"));
}

}  // namespace
}  // namespace tessera
