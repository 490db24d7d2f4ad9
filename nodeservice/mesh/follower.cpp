#include "nodeservice/mesh/follower.h"

#include "common/log.h"
#include "common/strings.h"
#include "common/thread.h"
#include "nodeservice/mesh/labels.h"
#include "nodeservice/mesh/replica_notes.h"

#include <algorithm>
#include <utility>

namespace tessera::mesh {

namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::seconds kLookAgain{10};

}  // namespace

Follower::Follower(std::string node, std::set<std::string> labels, postgres::ConnectionSettings database,
                   MapStore& store)
    : node_(std::move(node)),
      labels_(std::move(labels)),
      database_(std::move(database)),
      store_(store),
      router_(node_) {}

void Follower::start() {
    thread_ = startThread("mesh", [this] { run(); });
}

void Follower::requestStop() {
    rest_.stop();
}

void Follower::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
    connection_.reset();
}

/// Until there is something new, or it is to be looked at again.
bool Follower::sleep() {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(look_again_ - Clock::now());
    const milliseconds most = seen_ ? std::clamp<milliseconds>(left, kPause, store::Sleeper::kLong) : kPause;
    return rest_.sleep(seen_.value_or(0), kPause, most);
}

void Follower::run() {
    while (sleep()) {
        const Result<> done = follow();
        if (!done) {
            seen_.reset();
            connection_.reset();
            if (!is_failing_) {
                log::warn("mesh.not_served", {{"error", done.error().describe()}});
            }
        } else if (is_failing_) {
            log::info("mesh.served_again", {});
        }
        is_failing_ = !done;
    }
}

Result<> Follower::follow() {
    const std::uint64_t applied = store_.applied();
    const bool is_due = Clock::now() >= look_again_;
    if (seen_ == applied && !is_due) {
        return {};
    }
    const ShardMap map =
        TSR_TRY(readMap([this](const store::SqlStatement& statement) { return store_.queryHere(statement); }));
    if (map.version == 0) {
        // Nobody has declared anything: nothing is made for it.
        look_again_ = Clock::now() + kLookAgain;
    } else if (map.version != served_ || is_due) {
        TSR_TRY(serve(map));
    }
    TSR_TRY(tellLabels(map));
    seen_ = applied;
    return {};
}

/// Before anybody has declared anything: what is declared first may name them.
Result<> Follower::tellLabels(const ShardMap& map) {
    const auto told = map.labels.find(node_);
    if (labels_ == (told == map.labels.end() ? std::set<std::string>() : told->second)) {
        return {};
    }
    TSR_TRY(migrate(store_));
    TSR_TRY(store_.apply(noteLabels(node_, labels_)));
    return {};
}

Result<> Follower::serve(const ShardMap& map) {
    if (!connection_) {
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node mesh";
        connection_.emplace(TSR_TRY(postgres::Connection::open(settings)));
    }
    const std::map<std::string, Error> problems = TSR_TRY(router_.serve(*connection_, map));
    NodeState state{node_, map.version, {}};
    for (const auto& [table, error] : problems) {
        state.problem += (state.problem.empty() ? "" : "; ") + table + ": " + error.message;
        log::warn("mesh.table_not_served", {{"table", table}, {"error", error.describe()}});
    }
    look_again_ = Clock::now() + (problems.empty() ? kLookAgain : kRetry);
    served_ = map.version;
    TSR_TRY(pruneNotes(*connection_, node_, map));
    if (told_ != state) {
        TSR_TRY(store_.apply(noteState(state)));
        told_ = state;
    }
    return {};
}

}  // namespace tessera::mesh
