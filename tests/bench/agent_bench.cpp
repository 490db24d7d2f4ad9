#include "tests/bench/agent_bench.h"

#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_identity_provider.h"
#include "tests/support/temporary_node.h"

#include <future>
#include <memory>
#include <mutex>

namespace tessera::bench {
namespace {

constexpr const char* kStatement = "SELECT * FROM large";

/// Takes what comes and drops it.
class Reader final : public client::QueryObserver {
  public:
    void run(client::NodeClient& client, const std::shared_ptr<Reader>& self) {
        // Held while it starts: the first batch may come before execute() has returned.
        const std::lock_guard lock(mutex_);
        running_ = client.execute({.sql = kStatement, .parameters = {}, .batch_bytes = 0, .timeout_ms = 0}, self);
    }

    void onColumns(std::vector<client::ResultColumn>) override {}

    void onBatch(std::shared_ptr<const client::ResultBatch> batch) override {
        const std::lock_guard lock(mutex_);
        rows_ += batch->rowCount();
        running_->release();
    }

    void onDone(Result<client::Completion> result) override {
        ended_.set_value(result ? Result<std::size_t>(rows_) : result.error());
    }

    Result<std::size_t> wait() { return ended_.get_future().get(); }

  private:
    std::mutex mutex_;
    std::unique_ptr<client::RunningQuery> running_;
    std::size_t rows_ = 0;
    std::promise<Result<std::size_t>> ended_;
};

Contender stream(const std::string& name, const std::shared_ptr<client::NodeClient>& client) {
    return {name, [client]() -> Result<> {
                const auto reader = std::make_shared<Reader>();
                reader->run(*client, reader);
                const std::size_t rows = TSR_TRY(reader->wait());
                return rows == 1000000 ? Result<>() : fail(ErrorCode::kInternal, "rows are missing");
            }};
}

}  // namespace

Result<> benchAgent(std::vector<Row>& rows, bool is_short) {
    constexpr int kAccessSeconds = 600;
    const int runs = is_short ? 1 : 7;
    const auto provider = TSR_TRY(TemporaryIdentityProvider::start(kAccessSeconds));
    const std::string issuer = provider.issuer();
    const std::string audience = TemporaryIdentityProvider::kAudience;
    const auto node = TSR_TRY(
        TemporaryNode::start({.name = "lake",
                              .yaml = "identity:\n  issuers:\n    - {name: corp, issuer: \"" + issuer +
                                      "\", jwks_url: \"" + issuer + "/jwks\", algorithms: [ES256], audiences: [\"" +
                                      audience + "\"]}\n  roles: [{role: guest, issuer: corp}]\n"}));
    auto connection = TSR_TRY(node.connect());
    TSR_TRY(
        connection.execute("CREATE TABLE large AS SELECT i AS id, md5(i::text) AS a, md5((i + 1)::text) AS b, i * 7 AS "
                           "c FROM generate_series(1, 1000000) i; GRANT SELECT ON large TO PUBLIC; ANALYZE"));
    TemporaryAgent agent(
        "profiles:\n  - name: test\n    issuer: \"" + issuer + "\"\n    client: tessera\n    audience: \"" + audience +
            "\"\n    nodes: [{name: lake, address: \"127.0.0.1:" + std::to_string(node.port()) + "\"}]\n",
        "");
    TSR_TRY(agent.start());
    if (const ProcessResult done = agent.login("ann"); !done.status.ok()) {
        return fail(ErrorCode::kUnavailable, "the agent does not sign in: " + done.error);
    }
    client::NodeAddress address;
    address.name = "lake";
    address.agent = client::AgentRoute{agent.socket().string(), "test", "ann"};
    const auto through = TSR_TRY(client::NodeClient::create(address));
    const auto times = TSR_TRY(medians({stream("the agent", through), stream("direct", node.client())}, runs));
    rows.push_back({"agent", "1 M rows by gRPC through the agent", times[0], "ms", "gRPC from the node itself",
                    times[1] / times[0], 0.8});
    return {};
}

}  // namespace tessera::bench
