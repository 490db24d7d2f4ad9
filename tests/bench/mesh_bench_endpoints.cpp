/// A row by its key from one node: an endpoint called by wrk, beside the same statement that pgbench has prepared and
/// runs through the same node's gateway; and answers that the node has kept.

#include "common/process.h"
#include "nodeservice/client/endpoints_client.h"
#include "tests/bench/mesh_bench.h"
#include "tests/support/temporary_node.h"

#include <nlohmann/json.hpp>

namespace tessera::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kRows = 100'000;
constexpr int kClients = 16;
constexpr double kWantedKept = 20'000;

constexpr const char* kInit = R"sql(
CREATE TABLE IF NOT EXISTS public.accounts(id integer PRIMARY KEY, balance integer NOT NULL, owner text NOT NULL);
INSERT INTO public.accounts SELECT i, i % 1000, 'owner ' || i FROM generate_series(1, 100000) i ON CONFLICT DO NOTHING;
GRANT SELECT ON public.accounts TO tessera_user;
ANALYZE public.accounts;
)sql";

std::string endpointFile(const std::string& name, const std::string& more) {
    return "/*\nendpoint: " + name + "\nparameters:\n  - {name: id, type: integer, required: true}\n" + more +
           "*/\nSELECT id, balance, owner FROM public.accounts WHERE id = :id\n";
}

/// Prints what was seen as JSON; another key for each request where `rows` is more than one.
std::string wrkScript(const std::string& endpoint, int rows) {
    return "local head = {['Authorization'] = 'Basic " + std::string("dGVzdGVyOm9ubHkgZm9yIHRlc3Rz") +
           "'}\nlocal thread = 0\nfunction setup(t) thread = thread + 1; t:set('seed', thread) end\n"
           "function init(args) math.randomseed(seed) end\n"
           "function request()\n  return wrk.format('GET', '/api/v1/endpoints/" +
           endpoint + "?id=' .. math.random(1, " + std::to_string(rows) +
           "), head)\nend\n"
           "function done(summary, latency, requests)\n"
           "  io.write(string.format('JSON{\"requests\": %d, \"us\": %d, \"failed\": %d, \"p50\": %d, \"p99\": %d}',\n"
           "    summary.requests, summary.duration,\n"
           "    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + "
           "summary.errors.timeout,\n"
           "    latency:percentile(50), latency:percentile(99)))\nend\n";
}

struct Load {
    double us_per_request = 0;
    double p50_us = 0;
    double p99_us = 0;
};

Result<Load> runWrk(const TemporaryNode& node, const std::string& endpoint, int rows, int seconds) {
    const fs::path script = writeFile(node.folder() / (endpoint + ".lua"), wrkScript(endpoint, rows));
    const std::string text = TSR_TRY(
        runChecked({.arguments = {"wrk", "-t", "2", "-c", std::to_string(kClients), "-d", std::to_string(seconds) + "s",
                                  "-s", script.string(), "http://127.0.0.1:" + std::to_string(node.port())}},
                   std::chrono::seconds(seconds + 60)));
    const std::size_t at = text.find("JSON{");
    const auto seen = nlohmann::json::parse(at == std::string::npos ? "" : text.substr(at + 4), nullptr, false);
    if (seen.is_discarded() || seen["failed"] != 0 || seen["requests"] == 0) {
        return fail(ErrorCode::kInternal, "wrk did not measure, or calls failed: " + text);
    }
    return Load{seen["us"].get<double>() / seen["requests"].get<double>(), seen["p50"], seen["p99"]};
}

/// The medians of the runs of both, which take turns, after one that is not counted.
Result<> benchEndpoint(const TemporaryNode& node, const MeshSize& size, std::vector<Row>& rows) {
    const fs::path script = writeFile(node.folder() / "account.sql",
                                      "\\set id random(1, " + std::to_string(kRows) +
                                          ")\nSELECT id, balance, owner FROM public.accounts WHERE id = :id;\n");
    const PgbenchTarget target{"pgbench, prepared, through the gateway",
                               "host=127.0.0.1 dbname=tessera sslmode=disable user=" +
                                   std::string(TemporaryNode::kUser) + " port=" + std::to_string(node.port()),
                               TemporaryNode::kPassword};
    std::vector<Load> loads;
    const Measured wrk{"wrk", [&]() -> Result<double> {
                           loads.push_back(TSR_TRY(runWrk(node, "account", kRows, size.seconds)));
                           return loads.back().us_per_request;
                       }};
    const auto times = TSR_TRY(medians({wrk, pgbenchOf(target, script, kClients, size.seconds)}, size.runs));
    rows.push_back({"endpoint", "endpoint by key, 16 clients: time a call", times[0], "us", target.name,
                    times[1] / times[0], 0.6});
    rows.push_back({"endpoint_p99",
                    "the same: p99 of a call",
                    loads.back().p99_us,
                    "us",
                    "its own median",
                    loads.back().p50_us / loads.back().p99_us,
                    {}});
    return {};
}

Result<> benchKept(const TemporaryNode& node, const MeshSize& size, std::vector<Row>& rows) {
    std::vector<Load> loads;
    const Measured wrk{"wrk", [&]() -> Result<double> {
                           loads.push_back(TSR_TRY(runWrk(node, "kept-account", 100, size.seconds)));
                           return loads.back().us_per_request;
                       }};
    const auto times = TSR_TRY(medians({wrk}, size.runs));
    rows.push_back({"kept", "kept answers, 16 clients: time a call", times[0], "us", "20,000 a second",
                    1e6 / times[0] / kWantedKept, 1.0});
    rows.push_back({"kept_p99",
                    "the same: p99 of a call",
                    loads.back().p99_us,
                    "us",
                    "its own median",
                    loads.back().p50_us / loads.back().p99_us,
                    {}});
    return {};
}

}  // namespace

Result<> benchEndpoints(const MeshSize& size, std::vector<Row>& rows) {
    auto node =
        TSR_TRY(TemporaryNode::prepare({.name = "solo", .yaml = "endpoints: {authors: [tester]}\ninit: init\n"}));
    writeFile(node.folder() / "init" / "10.sql", kInit);
    TSR_TRY(node.launch());
    const auto author = TSR_TRY(client::EndpointsClient::create(
        {"solo", "127.0.0.1:" + std::to_string(node.port()), TemporaryNode::kUser, TemporaryNode::kPassword}));
    const auto applied = TSR_TRY(author->apply({{"account.sql", endpointFile("account", "")},
                                                {"kept.sql", endpointFile("kept-account", "cache: {seconds: 3600}\n")}},
                                               false, false));
    if (!applied.problems.empty()) {
        return applied.problems.front();
    }
    TSR_TRY(benchEndpoint(node, size, rows));
    return benchKept(node, size, rows);
}

}  // namespace tessera::bench
