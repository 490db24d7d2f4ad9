#include "nodeservice/store/driver/replica.h"

#include "common/log.h"
#include "nodeservice/store/driver/recovery.h"
#include "nodeservice/store/storage/sqlite_storage.h"

#include <algorithm>
#include <fstream>
#include <future>
#include <random>
#include <utility>

namespace tessera::store {

namespace {

/// More than this is not made up for when the process was held up.
constexpr std::int64_t kMostTicksAtOnce = 1000;

constexpr const char* kNoPast = "this node of the store keeps no past states";

std::uint64_t randomOfSystem() {
    // To make one asks the processor what it can do, which takes some microseconds on a virtual machine.
    thread_local std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

raft::Options coreOptions(const ReplicaOptions& options) {
    raft::Options core = options.raft;
    core.seed = options.random();
    return core;
}

/// Larger files are looked through only after they were found to be damaged.
constexpr std::uintmax_t kAlwaysChecked = std::uintmax_t{64} << 20U;

std::filesystem::path suspectMark(const std::filesystem::path& data) {
    return data.string() + ".suspect";
}

Result<std::unique_ptr<Data>> openSoundData(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::uintmax_t size = std::filesystem::exists(path, ignored) ? std::filesystem::file_size(path, ignored) : 0;
    auto data = TSR_TRY(Data::open(path));
    if (size <= kAlwaysChecked || std::filesystem::exists(suspectMark(path), ignored)) {
        TSR_TRY(data->check());
    }
    return data;
}

/// The data follow from the snapshot and the log: a damaged file is put aside and made again, of this member's own log
/// and of what the others send.
Result<std::unique_ptr<Data>> openData(const std::filesystem::path& path) {
    auto data = openSoundData(path);
    if (data || data.error().code != ErrorCode::kDataLoss) {
        return data;
    }
    const std::filesystem::path aside = path.string() + ".damaged";
    log::error("store.data_damaged",
               {{"file", path.string()}, {"error", data.error().message}, {"put_aside", aside.string()}});
    std::error_code failed;
    std::filesystem::rename(path, aside, failed);
    if (failed) {
        return fail(ErrorCode::kDataLoss, data.error().message + "; it cannot be put aside: " + failed.message());
    }
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove(path.string() + suffix, failed);
    }
    std::filesystem::remove(suspectMark(path), failed);
    return Data::open(path);
}

}  // namespace

std::int64_t Clock::wallMs() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Result<std::unique_ptr<Replica>> Replica::open(ReplicaOptions options, Transport& transport) {
    const auto folder = options.folder;
    auto storage = TSR_TRY(SqliteStorage::open(folder / "raft.db"));
    TSR_TRY(storage->tidyApart());
    auto replica = TSR_TRY(open(std::move(options), std::move(storage), transport));
    replica->history_ = std::make_unique<History>(folder / "raft.db", folder / "past");
    replica->change_feed_ = std::make_unique<ChangeFeed>(folder / "raft.db", folder / "changes");
    return replica;
}

Result<std::unique_ptr<Replica>> Replica::open(ReplicaOptions options, std::unique_ptr<Storage> storage,
                                               Transport& transport) {
    if (!options.random) {
        options.random = randomOfSystem;
    }
    raft::StoredLog stored = TSR_TRY(storage->load());
    if (stored == raft::StoredLog{}) {
        raft::Membership alone;
        alone.voters.insert(options.raft.id);
        const raft::Membership founders = options.founders.value_or(alone);
        if (!founders.voters.empty()) {
            raft::SnapshotMeta founding;
            founding.membership = founders;
            founding.checksum = checksumOf({});
            TSR_TRY(storage->write({.install = founding}));
            stored.snapshot = founding;
        }
    }
    auto data = TSR_TRY(openData(options.folder / "data.db"));
    TSR_TRY(catchUpWithSnapshot(*data, *storage, stored.snapshot, options.folder));
    TSR_TRY(data->tidyApart());
    std::unique_ptr<Replica> replica(
        new Replica(std::move(options), std::move(stored), std::move(storage), std::move(data), transport));
    if (const auto fault = replica->status().fault) {
        return *fault;
    }
    return replica;
}

Replica::Replica(ReplicaOptions options, raft::StoredLog stored, std::unique_ptr<Storage> storage,
                 std::unique_ptr<Data> data, Transport& transport)
    : options_(std::move(options)),
      transport_(transport),
      core_(coreOptions(options_), std::move(stored), data->applied()),
      next_tick_(options_.clock->now() + options_.tick),
      applied_(data->applied()),
      hash_(data->hash()),
      read_context_(options_.random()),
      next_snapshot_(options_.clock->now()),
      loop_(work()) {
    publish();
    const auto failed = [this](Error error) { post([this, error = std::move(error)] { stopWith(error); }); };
    storage_ = std::make_unique<StorageThread>(
        std::move(storage), options_.folder, transport_,
        StorageThread::Events{
            [this](Written written) { post([this, written = std::move(written)] { wroteUpTo(written); }); }, failed,
            [this](raft::SnapshotMeta snapshot, Error error) {
                post([this, snapshot = std::move(snapshot), error = std::move(error)] {
                    snapshotDamaged(snapshot, error);
                });
            }});
    worker_ = std::make_unique<ApplyWorker>(
        std::move(data), ApplyWorker::Events{[this](const Applied& applied) { appliedUpTo(applied); },
                                             [this](Error error) { stopWith(std::move(error)); },
                                             [this](std::vector<ApplyWorker::Report> reports) {
                                                 post([reports = std::move(reports)] {
                                                     for (const ApplyWorker::Report& report : reports) {
                                                         report();
                                                     }
                                                 });
                                             }});
    post([this] {
        const raft::Membership& membership = core_.membership();
        if (membership.isQuorum([this](raft::NodeId node) { return node == core_.id(); }) && !membership.isJoint()) {
            core_.timeOut();  // nobody else to wait for
        }
    });
    loop_.start();
}

void Replica::stop() {
    is_stopping_ = true;
    loop_.stop();
    worker_->stop();
    if (snapshotter_.joinable()) {
        snapshotter_.join();
    }
    storage_->stop();
}

// --- the loop

Loop::Work Replica::work() {
    return {
        // Before anything else: what comes after a long pause must not meet a lease of before.
        .begin = [this] { passTime(); },
        .end = [this] { pumpAll(); },
        .due = [this] { return nextTickDue(); },
        .finish = [this](const std::vector<Action>& rest) { finish(rest); },
    };
}

/// The loop waits by the system's clock, ticks go by the replica's. Those at which nothing would happen are made up for
/// with the next: whoever waits for an answer has a deadline, which is looked after at each.
Replica::Time Replica::nextTickDue() const {
    const bool is_awaited =
        unanswered_ > 0 || !at_next_tick_.empty() || !new_reads_.empty() || !asked_.empty() || !waiting_reads_.empty();
    const Time due = next_tick_ + (is_awaited ? 0 : core_.quietTicks()) * options_.tick;
    return std::chrono::steady_clock::now() + std::max(Time::duration::zero(), due - options_.clock->now());
}

void Replica::pumpAll() {
    askReads();
    do {
        pump();
    } while (!fault_ && askReads());
    publish();
}

void Replica::finish(const std::vector<Action>& rest) {
    const Error stopped = fail(ErrorCode::kUnavailable, "this node of the store is stopping", "ask another");
    stopWith(stopped);
    for (const Action& action : rest) {
        action();
    }
    for (const Action& action : std::exchange(at_next_tick_, {})) {
        action();
    }
    answerAll(stopped);
    publish();
}

void Replica::passTime() {
    const Clock::Time now = options_.clock->now();
    if (now < next_tick_) {
        return;
    }
    const std::int64_t passed = 1 + (now - next_tick_) / options_.tick;
    for (std::int64_t i = 0; i < std::min(passed, kMostTicksAtOnce) && !fault_; ++i) {
        core_.tick();
    }
    // Not from now on: a loop that is always a little late would count slower than the others do, and a lease would
    // outlast their patience.
    next_tick_ += passed * options_.tick;
    expire();
    for (const Action& action : std::exchange(at_next_tick_, {})) {
        action();
    }
    maybeSnapshot(false);
}

void Replica::pump() {
    while (!fault_) {
        raft::Ready ready = core_.ready();
        if (core_.fault()) {
            return stopWith(*core_.fault());
        }
        if (ready.empty()) {
            return;
        }
        carryOut(std::move(ready));
    }
}

/// First what another thread has to wake up for: it does so while this one sends.
void Replica::carryOut(raft::Ready ready) {
    auto messages = std::exchange(ready.messages, {});
    if (!ready.committed.empty()) {
        for (const raft::Entry& entry : ready.committed) {
            unapplied_bytes_ += entry.bytes();
        }
        worker_->apply(std::exchange(ready.committed, {}));
    }
    const auto reads = std::exchange(ready.reads, {});
    if (ready.mustPersist() || !ready.messages_when_durable.empty()) {
        storage_->write(std::move(ready));
    }
    for (raft::Message& message : messages) {
        noteSent(message);
        if (message.kind == raft::MessageKind::kSnapshot) {
            storage_->sendChunk(std::move(message));
        } else {
            transport_.send(std::move(message));
        }
    }
    for (const raft::ReadState& read : reads) {
        readable(read);
    }
}

void Replica::noteSent(const raft::Message& message) {
    if (message.kind == raft::MessageKind::kHeartbeat) {
        Heartbeat& heartbeat = heartbeats_[message.to];
        heartbeat.round = message.round;
        heartbeat.sent = options_.clock->now();
    }
}

void Replica::noteAnswered(const raft::Message& message) {
    const auto found = heartbeats_.find(message.from);
    if (message.kind != raft::MessageKind::kHeartbeatResponse || found == heartbeats_.end() ||
        found->second.round != message.round || found->second.sent == Time{}) {
        return;
    }
    constexpr int kWeight = 8;
    Heartbeat& heartbeat = found->second;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(options_.clock->now() - heartbeat.sent);
    heartbeat.latency =
        heartbeat.latency.count() == 0 ? took : heartbeat.latency + (took - heartbeat.latency) / kWeight;
    heartbeat.sent = {};
}

void Replica::wroteUpTo(const Written& written) {
    if (fault_) {
        return;
    }
    for (const Installed& installed : written.installed) {
        worker_->restore(installed.snapshot.index, installed.file);
    }
    for (const std::uint64_t number : written.failed_installs) {
        log::warn("store.snapshot_refused",
                  {{"member", core_.id()}, {"reason", "what arrived is damaged; it is asked for again"}});
        core_.installFailed(number);
    }
    core_.persisted(written.last_ready);
}

void Replica::appliedUpTo(const Applied& applied) {
    unapplied_bytes_ -= applied.bytes;
    applied_ = applied.index;
    hash_ = applied.hash;
    for (const AppliedEntry& entry : applied.entries) {
        const auto found = pending_.find(entry.position.index);
        if (found == pending_.end()) {
            continue;
        }
        const Pending pending = std::move(found->second);
        pending_.erase(found);
        if (pending.term == entry.position.term) {
            pending.done({.fate = Execution::Fate::kApplied, .index = entry.position.index, .outcome = entry.outcome});
        } else {
            pending.done({.fate = Execution::Fate::kRefused,
                          .error = fail(ErrorCode::kUnavailable, "the store's leader changed before the write was safe",
                                        "try again"),
                          .leader = core_.leader()});
        }
    }
    while (!pending_.empty() && pending_.begin()->first <= applied_) {
        const Pending pending = std::move(pending_.begin()->second);
        pending_.erase(pending_.begin());
        pending.done({.fate = Execution::Fate::kUnknown,
                      .error = fail(ErrorCode::kUnknown, "a snapshot of the store came in place of the write's entry",
                                    "send it again with the same number to find out")});
    }
    releaseReads();
}

/// The node takes part no more; what it is asked is refused.
void Replica::stopWith(Error error) {
    if (!fault_) {
        fault_ = std::move(error);
        if (fault_->code == ErrorCode::kDataLoss) {
            // For the next start, which looks closer.
            std::ofstream(suspectMark(options_.folder / "data.db")).flush();
        }
        answerAll(*fault_);
    }
}

void Replica::publish() {
    const std::lock_guard lock(status_mutex_);
    const bool is_other = status_.membership != core_.membership();
    noteLeadership();
    status_.id = core_.id();
    status_.role = core_.role();
    status_.leader = core_.leader();
    status_.term = core_.term();
    status_.commit = core_.commit();
    status_.durable = core_.durable();
    status_.applied = applied_;
    status_.hash = hash_;
    status_.log_base = core_.log().base().index;
    status_.log_bytes = core_.log().bytes();
    status_.snapshot = core_.snapshot().index;
    if (is_other) {
        status_.membership = core_.membership();
    }
    status_.fault = fault_ ? fault_ : core_.fault();
    status_.unapplied_bytes = unapplied_bytes_;
    status_.pending = unanswered_;
    // Before: a new leader's first entry wakes who does what only leaders do.
    leads_ = core_.role() == raft::Role::kLeader;
    if (published_applied_.get() != applied_) {
        published_applied_.set(applied_);
    }
    status_.peers.clear();
    if (core_.role() != raft::Role::kLeader) {
        heartbeats_.clear();
    } else {
        for (const auto& [id, peer] : core_.peers()) {
            if (id != core_.id()) {
                status_.peers.push_back({id, peer.match(), peer.inFlight(), peer.inFlightBytes(), peer.active,
                                         peer.state() == raft::Progress::State::kSnapshot, heartbeats_[id].latency});
            }
        }
    }
}

/// Told before the loop hears what its appends have led to: nobody has committed in a term that was not told of.
void Replica::noteLeadership() {
    const bool led = status_.role == raft::Role::kLeader;
    const bool leads = core_.role() == raft::Role::kLeader;
    if (leads && (!led || status_.term != core_.term())) {
        log::info("store.leads", {{"member", core_.id()}, {"term", core_.term()}});
    } else if (led && !leads) {
        log::info("store.leads_no_more", {{"member", core_.id()}, {"term", core_.term()}});
    }
}

void Replica::timeOut() {
    post([this] {
        if (!fault_ && core_.role() != raft::Role::kLeader) {
            core_.timeOut();
        }
    });
}

/// What came meanwhile must not meet a lease of before.
bool Replica::standStill(std::function<void()> wait) {
    return loop_.postToOthers([this, wait = std::move(wait)] {
        wait();
        passTime();
    });
}

bool Replica::atNextTick(std::function<void()> action) {
    return post([this, action = std::move(action)] { at_next_tick_.push_back(action); });
}

ReplicaStatus Replica::status() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
}

void Replica::receive(raft::Message message) {
    loop_.post(
        [this, message = std::move(message)]() mutable {
            if (!fault_) {
                noteAnswered(message);
                core_.receive(std::move(message));
            }
        },
        options_.max_waiting);
}

// --- for callers that wait

Execution Replica::execute(Command command, std::chrono::milliseconds most) {
    auto answered = std::make_shared<std::promise<Execution>>();
    auto answer = answered->get_future();
    execute(std::move(command), options_.clock->now() + most,
            [answered](Execution execution) { answered->set_value(std::move(execution)); });
    return answer.get();
}

Result<> Replica::query(const SqlStatement& statement, const ReadPoint& point, std::chrono::milliseconds most,
                        const RowSink& sink) {
    auto answered = std::make_shared<std::promise<Result<raft::Index>>>();
    auto answer = answered->get_future();
    const Time deadline = options_.clock->now() + most;
    awaitReadable(point, deadline, [answered](Result<raft::Index> index) { answered->set_value(std::move(index)); });
    TSR_TRY(answer.get());
    return queryAt(statement, point, deadline, sink);
}

Result<> Replica::queryHere(const SqlStatement& statement, const RowSink& sink) {
    return queryAt(statement, Consistency::kNone, options_.clock->now(), sink);
}

std::optional<Result<>> Replica::queryBriefly(const SqlStatement& statement, const RowSink& sink) {
    auto reader = takeReader();
    if (!reader) {
        return Result<>(reader.error());
    }
    auto done = (*reader)->queryBriefly(statement, sink);
    giveBack(std::move(*reader));
    return done;
}

Result<> Replica::queryAt(const SqlStatement& statement, const ReadPoint& point, Time deadline, const RowSink& sink) {
    auto state = TSR_TRY(hold(point, deadline));
    return state.query(statement, sink);
}

Result<HeldState> Replica::hold(const ReadPoint& point, Time deadline) {
    auto reader = TSR_TRY(takeReader());
    PastState wanted{TSR_TRY(reader->hold())};
    HeldState present(std::move(reader), wanted.index,
                      [this](std::unique_ptr<Reader> free) { giveBack(std::move(free)); });
    const bool is_past = point.consistency == Consistency::kAtTime ||
                         (point.consistency == Consistency::kAtIndex && point.index < wanted.index);
    if (!is_past) {
        return present;
    }
    if (point.consistency == Consistency::kAtTime) {
        wanted.time_ms = point.time_ms;
    } else {
        wanted.index = point.index;
    }
    return holdPast(wanted, deadline);
}

Result<HeldState> Replica::holdPast(const PastState& wanted, Time deadline) {
    if (!history_) {
        return fail(ErrorCode::kOutOfRange, kNoPast);
    }
    auto past = TSR_TRY(history_->open(wanted, untilPastIsFound(deadline)));
    const raft::Index index = past->heldIndex();
    return HeldState(std::move(past), index, [](const std::unique_ptr<Reader>&) {});
}

std::function<Result<>()> Replica::untilPastIsFound(Time deadline) const {
    return [this, deadline]() -> Result<> {
        if (is_stopping_) {
            return fail(ErrorCode::kUnavailable, "this node of the store is stopping", "ask another");
        }
        return options_.clock->now() < deadline
                   ? Result<>()
                   : Result<>(fail(ErrorCode::kDeadlineExceeded, "the past state of the store was not found in time",
                                   "allow more time: the work done so far is kept"));
    };
}

Result<std::vector<Changes>> Replica::changes(raft::Index after, raft::Index last, Time deadline) {
    TSR_TRY(checkPast(after, last));
    return change_feed_->read(after, last, untilPastIsFound(deadline));
}

Result<Changes> Replica::difference(raft::Index from, raft::Index to, Time deadline) {
    TSR_TRY(checkPast(from, to));
    return change_feed_->difference(from, to, untilPastIsFound(deadline));
}

Result<> Replica::checkPast(raft::Index from, raft::Index to) const {
    if (!change_feed_) {
        return fail(ErrorCode::kOutOfRange, kNoPast);
    }
    if (from > to) {
        return fail(ErrorCode::kInvalidArgument,
                    "entry " + std::to_string(from) + " is behind entry " + std::to_string(to) + ", not before it");
    }
    if (to > published_applied_.get()) {
        return fail(ErrorCode::kOutOfRange, "this node of the store has no entry " + std::to_string(to) +
                                                " yet: the last is " + std::to_string(published_applied_.get()));
    }
    return {};
}

bool Replica::onlyReads(const std::vector<SqlStatement>& statements) {
    auto reader = takeReader();
    if (!reader) {
        return false;
    }
    const bool reads = std::all_of(statements.begin(), statements.end(),
                                   [&](const SqlStatement& statement) { return (*reader)->onlyReads(statement); });
    giveBack(std::move(*reader));
    return reads;
}

Result<std::unique_ptr<Reader>> Replica::takeReader() {
    {
        const std::lock_guard lock(readers_mutex_);
        if (!readers_.empty()) {
            auto reader = std::move(readers_.back());
            readers_.pop_back();
            return reader;
        }
    }
    return Reader::open(options_.folder / "data.db");
}

void Replica::giveBack(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(readers_mutex_);
    readers_.push_back(std::move(reader));
}

}  // namespace tessera::store
