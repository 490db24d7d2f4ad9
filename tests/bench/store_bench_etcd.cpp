#include "tests/bench/store_bench_etcd.h"

#include "common/net.h"
#include "tests/support/raw_call.h"
#include "tests/support/wait_until.h"

#include <chrono>

namespace tessera::bench {

namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kCallTime{5};

/// A field of bytes, as protobuf writes it (etcd's api/etcdserverpb/rpc.proto has the numbers).
std::string field(int number, const std::string& bytes) {
    std::string out(1, static_cast<char>(number << 3 | 2));
    for (std::size_t size = bytes.size(); size > 0 || out.size() == 1; size >>= 7U) {
        out += static_cast<char>((size & 0x7FU) | (size > 0x7F ? 0x80U : 0U));
    }
    return out + bytes;
}

class GrpcClient final : public EtcdCluster::Client {
  public:
    explicit GrpcClient(std::uint16_t port) : caller_(port) {}

    Result<> put(const std::string& key, const std::string& value) override {
        return call("etcdserverpb.KV/Put", field(1, key) + field(2, value));
    }

    Result<> get(const std::string& key) override { return call("etcdserverpb.KV/Range", field(1, key)); }

  private:
    Result<> call(const std::string& method, const std::string& request) {
        const auto outcome = caller_.start(method, request, "", kCallTime).get();
        return outcome.status == 0 ? Result<>() : Result<>(fail(ErrorCode::kUnavailable, "etcd: " + outcome.message));
    }

    RawCaller caller_;
};

}  // namespace

std::vector<pid_t> EtcdCluster::processes() const {
    std::vector<pid_t> found;
    for (const auto& member : members_) {
        found.push_back(member->pid());
    }
    return found;
}

Result<std::unique_ptr<EtcdCluster>> EtcdCluster::start() {
    auto cluster = std::unique_ptr<EtcdCluster>(new EtcdCluster);
    std::array<std::uint16_t, 3> peers{};
    std::string all;
    for (std::size_t i = 0; i < 3; ++i) {
        cluster->ports_[i] = TSR_TRY(freeLoopbackPort());
        peers[i] = TSR_TRY(freeLoopbackPort());
        all += (i == 0 ? "m" : ",m") + std::to_string(i) + "=http://127.0.0.1:" + std::to_string(peers[i]);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string name = "m" + std::to_string(i);
        const std::string client = "http://127.0.0.1:" + std::to_string(cluster->ports_[i]);
        const std::string peer = "http://127.0.0.1:" + std::to_string(peers[i]);
        cluster->members_[i] = TSR_TRY(Process::start(
            {.arguments = {"etcd", "--name", name, "--data-dir", (cluster->folder_.path() / name).string(),
                           "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls",
                           peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", all, "--log-level",
                           "error"},
             .standard_output = ProcessOutput::discard(),
             .standard_error = ProcessOutput::toFile(cluster->folder_.path() / (name + ".log")),
             .signal_on_parent_death = 9}));
    }
    Result<> ready;
    const auto isReady = [&] {
        ready = cluster->clientOf(0)->put("ready", "yes");
        return ready.has_value();
    };
    if (!waitUntil(isReady, kPatience)) {
        return std::move(ready).error().withContext("etcd does not become ready");
    }
    TSR_TRY(cluster->findLeader());
    return cluster;
}

std::unique_ptr<EtcdCluster::Client> EtcdCluster::client() {
    return clientOf(leader_);
}

std::unique_ptr<EtcdCluster::Client> EtcdCluster::clientOf(std::size_t member) const {
    return std::make_unique<GrpcClient>(ports_[member]);
}

/// By its metrics.
Result<> EtcdCluster::findLeader() {
    for (std::size_t i = 0; i < 3; ++i) {
        const auto page =
            run({.arguments = {"curl", "-s", "http://127.0.0.1:" + std::to_string(ports_[i]) + "/metrics"}}, kCallTime);
        if (page && page->output.find("\netcd_server_is_leader 1") != std::string::npos) {
            leader_ = i;
            return {};
        }
    }
    return fail(ErrorCode::kUnavailable, "etcd has no leader");
}

}  // namespace tessera::bench
