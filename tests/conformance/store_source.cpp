#include "common/strings.h"
#include "common/worker_pool.h"
#include "nodeservice/server/store_door.h"
#include "nodeservice/store/driver/channel_transport.h"
#include "tests/conformance/source.h"
#include "tests/conformance/sqlite_table.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <cstdlib>
#include <ctime>

namespace tessera::conformance {
namespace {

/// A store of one member in this process, with the door by which a node's PostgreSQL would come in.
class StoreSource : public Source {
  public:
    StoreSource() : known_(sqliteKnownTable()), workers_("store", 4, 100) {}

    ~StoreSource() override {
        if (door_) {
            door_->close();
        }
        if (replica_) {
            replica_->stop();
        }
        workers_.stop();
    }

    Result<> start() {
        // As tessera-node sees to.
        setenv("TZ", "UTC", 1);
        tzset();
        store::ReplicaOptions options;
        options.raft.id = 1;
        options.folder = folder_.path();
        replica_ = TSR_TRY(store::Replica::open(std::move(options), transport_));
        const auto socket = folder_.path() / "store.sock";
        door_ = TSR_TRY(
            server::StoreDoor::open({.socket = socket,
                                     .file = folder_.path() / "data.db",
                                     .superuser = "nobody",
                                     .permit = [](const std::string&, server::StoreRight) { return Result<>(); }},
                                    {.replica = *replica_,
                                     .workers = workers_,
                                     .folder = folder_.path(),
                                     .admit = {},
                                     .admit_member = {},
                                     .facts_of = [](store::raft::NodeId) { return server::StoreMemberFacts{}; },
                                     .channel_credentials = nullptr,
                                     .authorize = {}}));
        setenv("TESSERA_TEST_STORE_SOCKET", socket.c_str(), 1);
        for (const std::string& sql : sqliteStatements(known_)) {
            TSR_TRY(write(sql));
        }
        return {};
    }

    std::string connector() const override { return "store"; }

    OptionList options() const override { return {}; }

    std::string schema() const override { return "main"; }

    bool changesAtCommit() const override { return true; }

    const KnownTable& knownTable() const override { return known_; }

    std::string select(const std::string& table, const std::vector<std::string>& columns) const override {
        return sqliteSelect(table, columns);
    }

    std::optional<std::string> selectEqual(const std::string& table, const std::vector<std::string>& columns,
                                           const std::string& filter_column) const override {
        return select(table, columns) + " WHERE " + quoteIdentifier(filter_column) + " = ?1";
    }

    Result<> makeManyRows() override {
        if (has_many_rows_) {
            return {};
        }
        TSR_TRY(write("CREATE TABLE many (id INTEGER, filler TEXT)"));
        constexpr std::int64_t kPart = 20'000;
        for (std::int64_t first = 1; first <= manyRows(); first += kPart) {
            TSR_TRY(write("WITH RECURSIVE n(i) AS (SELECT " + std::to_string(first) +
                          " UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(first + kPart - 1) +
                          ") INSERT INTO many SELECT i, printf('%0100d', i) FROM n"));
        }
        has_many_rows_ = true;
        return {};
    }

  private:
    Result<> write(const std::string& sql) {
        store::Command command;
        command.statements = {{sql, {}}};
        store::Execution done;
        // It takes a moment until a store of one leads itself.
        waitUntil([&] {
            done = replica_->execute(command, std::chrono::minutes(1));
            return done.fate == store::Execution::Fate::kApplied || done.error.code != ErrorCode::kUnavailable;
        });
        if (done.fate != store::Execution::Fate::kApplied) {
            return done.error;
        }
        return done.outcome.error.empty() ? Result<>() : Result<>(fail(ErrorCode::kInternal, done.outcome.error));
    }

    TemporaryDirectory folder_;
    KnownTable known_;
    WorkerPool workers_;
    store::ChannelHub hub_;
    store::ChannelTransport transport_{hub_};
    std::unique_ptr<store::Replica> replica_;
    std::unique_ptr<server::StoreDoor> door_;
    bool has_many_rows_ = false;
};

Result<std::unique_ptr<Source>> startStoreSource() {
    auto source = std::make_unique<StoreSource>();
    TSR_TRY(source->start());
    return std::unique_ptr<Source>(std::move(source));
}

INSTANTIATE_TEST_SUITE_P(Store, ConnectorConformance, testing::Values(SourceFactory{"store", &startStoreSource}));

}  // namespace
}  // namespace tessera::conformance
