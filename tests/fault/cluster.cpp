#include "tests/fault/cluster.h"

#include "nodeservice/store/storage/persist.h"

#include <algorithm>
#include <utility>

namespace tessera::fault {

using store::raft::Core;
using store::raft::Membership;
using store::raft::Message;
using store::raft::MessageKind;
using store::raft::Ready;
using store::raft::Role;

namespace {

constexpr std::size_t kChunkBytes = 64;
constexpr Millis kApplyMillis = 1;

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      network_(options_.seed ^ 0x6E6574),
      watcher_([this](NodeId node) -> const SimDisk* {
          const auto found = nodes_.find(node);
          return found == nodes_.end() ? nullptr : found->second->disk.get();
      }) {
    Membership membership;
    for (NodeId id = 1; id <= options_.nodes; ++id) {
        membership.voters.insert(id);
    }
    for (NodeId id = 1; id <= options_.nodes; ++id) {
        makeNode(id, membership);
    }
}

void Cluster::makeNode(NodeId id, const Membership& membership) {
    auto node = std::make_unique<Node>();
    node->id = id;
    node->disk = std::make_unique<SimDisk>(options_.storage ? options_.storage(id) : nullptr);
    store::raft::SnapshotMeta founding;
    founding.membership = membership;
    if (!membership.voters.empty() && !node->disk->write({.install = founding})) {
        watcher_.report("a new node's disk fails");
    }
    Node& made = *(nodes_[id] = std::move(node));
    start(made);
}

NodeId Cluster::addNode() {
    const NodeId id = nodes_.empty() ? 1 : nodes_.rbegin()->first + 1;
    makeNode(id, {});
    return id;
}

std::vector<NodeId> Cluster::ids() const {
    std::vector<NodeId> ids;
    for (const auto& [id, node] : nodes_) {
        ids.push_back(id);
    }
    return ids;
}

// --- time

void Cluster::schedule(NodeId node, Millis delay, std::function<void()> action) {
    const std::uint64_t life = node == 0 ? 0 : nodes_.at(node)->life;
    events_.push({now_ + delay, ++event_number_, node, life, std::move(action)});
}

void Cluster::at(Millis delay, std::function<void()> action) {
    schedule(0, delay, std::move(action));
}

void Cluster::trace(std::uint64_t value) {
    trace_hash_ = (trace_hash_ ^ value) * 0x100000001B3ULL;
}

bool Cluster::step() {
    if (events_.empty()) {
        return false;
    }
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    ++steps_;
    last_node_ = event.node;
    trace(event.at);
    trace(event.node);
    if (event.node == 0) {
        event.action();
        return true;
    }
    Node& node = *nodes_.at(event.node);
    if (event.life != node.life) {
        return true;  // it was of a life that is over
    }
    if (node.is_stopped) {
        node.held.push_back(event.action);
        return true;
    }
    event.action();
    return true;
}

void Cluster::stepNode(NodeId node) {
    do {
        if (!step()) {
            return;
        }
    } while (last_node_ != node);
}

void Cluster::run(Millis duration) {
    const Millis end = now_ + duration;
    while (!events_.empty() && events_.top().at <= end && !fault()) {
        step();
    }
    now_ = end;
}

bool Cluster::runUntil(const std::function<bool()>& condition, Millis most) {
    const Millis end = now_ + most;
    while (!condition()) {
        if (fault() || events_.empty() || events_.top().at > end) {
            return false;
        }
        step();
    }
    return true;
}

// --- nodes

bool Cluster::start(Node& node) {
    auto stored = node.disk->load();
    if (!stored) {
        return false;
    }
    node.machine = options_.machine(node.id);
    const Index applied = node.machine->applied();
    const store::raft::SnapshotMeta snapshot = stored->snapshot;
    store::raft::Options options = options_.raft;
    options.id = node.id;
    options.seed = options_.seed + node.life;
    node.core = std::make_unique<Core>(options, std::move(*stored), applied);
    watcher_.restarted(node.id);
    if (applied < snapshot.index) {
        node.to_restore = snapshot;
        restoreMachine(node);
    }
    watcher_.seen(*node.core);
    scheduleTick(node);
    return true;
}

void Cluster::scheduleTick(Node& node) {
    const auto delay = static_cast<Millis>(static_cast<double>(options_.tick) * 100 * node.clock_rate);
    // Ticks of different nodes do not fall together.
    const Millis jitter = random_.below(3);
    schedule(node.id, std::max<Millis>(1, delay / 100 + jitter - 1), [this, &node] {
        input(node, [](Core& core) { core.tick(); });
        scheduleTick(node);
    });
}

void Cluster::kill(NodeId id) {
    Node& node = *nodes_.at(id);
    if (!node.core) {
        return;
    }
    trace(0xDEAD + id);
    // The write under way may be done, or not, or in part.
    node.writing.resize(random_.below(node.writing.size() + 1));
    static_cast<void>(store::persist(*node.disk, node.writing));
    ++node.life;
    node.core.reset();
    node.machine.reset();
    node.is_stopped = false;
    node.held.clear();
    node.writes.clear();
    node.writing.clear();
    node.committed.clear();
    node.to_restore.reset();
    node.is_applying = false;
    node.disk->crash();
    const auto proposals = std::exchange(node.proposals, {});
    const auto reads = std::exchange(node.reads, {});
    const auto ready_reads = std::exchange(node.ready_reads, {});
    for (const auto& [index, waiting] : proposals) {
        waiting.done({});
    }
    for (const auto& [context, read] : reads) {
        read.done({});
    }
    for (const WaitingRead& read : ready_reads) {
        read.done({});
    }
}

bool Cluster::restart(NodeId id) {
    Node& node = *nodes_.at(id);
    if (node.core) {
        kill(id);
    }
    ++node.life;
    return start(node);
}

void Cluster::stop(NodeId id) {
    Node& node = *nodes_.at(id);
    if (node.core && !node.is_stopped) {
        node.is_stopped = true;
        node.stopped_at = now_;
    }
}

void Cluster::resume(NodeId id) {
    Node& node = *nodes_.at(id);
    if (!node.is_stopped) {
        return;
    }
    node.is_stopped = false;
    // Its driver notices how much time has passed before it does anything else.
    const std::uint64_t missed = std::min<Millis>((now_ - node.stopped_at) / options_.tick, 1000);
    for (std::uint64_t i = 0; i < missed && node.core; ++i) {
        input(node, [](Core& core) { core.tick(); });
    }
    const std::uint64_t life = node.life;
    for (const auto& action : std::exchange(node.held, {})) {
        if (node.life == life) {
            action();
        }
    }
}

void Cluster::wipe(NodeId id) {
    kill(id);
    Node& node = *nodes_.at(id);
    ++node.life;
    node.disk = std::make_unique<SimDisk>(options_.storage ? options_.storage(id) : nullptr);
    watcher_.wiped(id);
}

void Cluster::forceElection(NodeId id) {
    if (isUp(id) && !isStopped(id)) {
        input(*nodes_.at(id), [](Core& core) { core.timeOut(); });
    }
}

void Cluster::jumpClock(NodeId id, std::uint32_t ticks) {
    for (std::uint32_t i = 0; i < ticks && isUp(id); ++i) {
        input(*nodes_.at(id), [](Core& core) { core.tick(); });
    }
}

void Cluster::setClockRate(NodeId id, double rate) {
    nodes_.at(id)->clock_rate = rate;
}

void Cluster::snapshot(NodeId id, Index trailing) {
    Node& node = *nodes_.at(id);
    if (!node.core || node.is_stopped || node.to_restore || !node.writing.empty() || !node.writes.empty() ||
        node.core->isInstalling() || node.machine->applied() <= node.core->snapshot().index) {
        return;
    }
    const Index applied = node.machine->applied();
    if (applied < node.core->log().base().index || applied > node.core->durable()) {
        return;
    }
    auto bytes = node.machine->save();
    if (!bytes) {
        return;
    }
    store::raft::SnapshotMeta meta;
    meta.index = applied;
    meta.term = node.core->log().termAt(applied);
    meta.membership = node.core->membershipAt(applied);
    meta.size = bytes->size();
    meta.checksum = store::checksumOf(*bytes);
    const Index base = std::max(node.core->log().base().index, applied > trailing ? applied - trailing : 0);
    const store::Compaction compaction = {meta, {base, node.core->log().termAt(base)}};
    if (!node.disk->saveSnapshot(meta, *bytes) || !node.disk->write({.compaction = compaction})) {
        kill(id);
        return;
    }
    input(node, [&](Core& core) { core.compact(meta, base); });
}

// --- a Ready's stages

bool Cluster::isKilled(Node& node, Stage stage) {
    const NodeId id = node.id;
    if (hook && hook(id, stage) == HookAction::kKill) {
        kill(id);
        return true;
    }
    return false;
}

void Cluster::input(Node& node, const std::function<void(Core&)>& action) {
    if (!node.core) {
        return;
    }
    action(*node.core);
    watcher_.seen(*node.core);
    pump(node);
}

void Cluster::pump(Node& node) {
    while (node.core) {
        Ready ready = node.core->ready();
        if (ready.empty()) {
            return;
        }
        for (const Message& message : ready.messages) {
            send(node, message);
        }
        for (const auto& read : ready.reads) {
            const auto waiting = node.reads.find(read.context);
            if (waiting != node.reads.end()) {
                waiting->second.index = read.index;
                node.ready_reads.push_back(waiting->second);
                node.reads.erase(waiting);
            }
        }
        node.committed.insert(node.committed.end(), ready.committed.begin(), ready.committed.end());
        if (ready.mustPersist() || !ready.messages_when_durable.empty()) {
            node.writes.push_back(std::move(ready));
        }
        startApply(node);
        startWrite(node);
        answerReads(node);
    }
}

void Cluster::send(Node& node, const Message& message) {
    watcher_.sent(message);
    Message out = message;
    if (out.kind == MessageKind::kSnapshot) {
        auto chunk = node.disk->readSnapshot(out.snapshot, out.offset, kChunkBytes);
        if (!chunk) {
            return;
        }
        out.chunk = store::raft::makePayload(std::move(*chunk));
    }
    if ((network_.intercept && !network_.intercept(out)) || !nodes_.contains(out.to)) {
        return;
    }
    for (const Millis delay : network_.route(out)) {
        events_.push({now_ + delay, ++event_number_, 0, 0, [this, out] { deliver(out); }});
    }
}

void Cluster::deliver(const Message& message) {
    Node& node = *nodes_.at(message.to);
    if (!node.core || network_.isCut(message.from, message.to)) {
        return;
    }
    trace(static_cast<std::uint64_t>(message.kind) * 31 + message.term * 7 + message.previous.index);
    if (node.is_stopped) {
        node.held.push_back([this, message] { deliver(message); });
        return;
    }
    last_node_ = node.id;
    input(node, [&](Core& core) { core.receive(message); });
}

void Cluster::startWrite(Node& node) {
    if (!node.writing.empty() || node.writes.empty() || !node.core) {
        return;
    }
    if (isKilled(node, Stage::kPersist)) {
        return;
    }
    node.writing = std::exchange(node.writes, {});
    const bool is_write =
        std::any_of(node.writing.begin(), node.writing.end(), [](const Ready& ready) { return ready.mustPersist(); });
    schedule(node.id, is_write ? random_.between(disk_low, disk_high) : 0, [this, &node] { finishWrite(node); });
}

void Cluster::finishWrite(Node& node) {
    if (isKilled(node, Stage::kPersistDuring)) {
        return;
    }
    const std::vector<Ready> written = std::exchange(node.writing, {});
    const auto outcome = store::persist(*node.disk, written);
    if (!outcome) {
        kill(node.id);  // a node whose disk fails takes part no more
        return;
    }
    for (const Ready& ready : written) {
        if (ready.install && !outcome->failed_installs.contains(ready.number)) {
            node.to_restore = ready.install;
            restoreMachine(node);
        }
    }
    if (isKilled(node, Stage::kSend)) {
        return;
    }
    for (const Ready& ready : written) {
        for (const Message& message : ready.messages_when_durable) {
            send(node, message);
        }
    }
    input(node, [&](Core& core) {
        for (const std::uint64_t number : outcome->failed_installs) {
            core.installFailed(number);
        }
        core.persisted(written.back().number);
    });
    startWrite(node);
}

void Cluster::restoreMachine(Node& node) {
    const auto meta = *std::exchange(node.to_restore, std::nullopt);
    const auto bytes = node.disk->readSnapshot(meta, 0, SIZE_MAX);
    if (!bytes || !node.machine->restore(meta.index, *bytes)) {
        watcher_.report("node " + std::to_string(node.id) + " cannot restore its snapshot");
        return;
    }
    std::erase_if(node.committed, [&](const Entry& entry) { return entry.index <= meta.index; });
}

void Cluster::startApply(Node& node) {
    if (!node.is_applying && !node.committed.empty() && node.core) {
        node.is_applying = true;
        schedule(node.id, kApplyMillis, [this, &node] { applyNext(node); });
    }
}

void Cluster::applyNext(Node& node) {
    node.is_applying = false;
    while (!node.committed.empty()) {
        if (isKilled(node, Stage::kApply)) {
            return;
        }
        const Entry entry = std::move(node.committed.front());
        node.committed.pop_front();
        const auto answer = node.machine->apply(entry);
        if (!answer) {
            watcher_.report("node " + std::to_string(node.id) + " cannot apply: " + answer.error().message);
            return;
        }
        watcher_.applied(node.id, entry, node.machine->hash());
        if (on_apply) {
            on_apply(node.id, entry, *answer);
        }
        if (isKilled(node, Stage::kApplyDuring)) {
            return;
        }
        const auto waiting = node.proposals.find(entry.index);
        if (waiting != node.proposals.end()) {
            const Waiting proposal = std::move(waiting->second);
            node.proposals.erase(waiting);
            const bool is_it = proposal.term == entry.term;
            proposal.done({is_it ? Outcome::Kind::kDone : Outcome::Kind::kLost, *answer});
        }
    }
    answerReads(node);
}

void Cluster::answerReads(Node& node) {
    for (std::size_t i = 0; i < node.ready_reads.size();) {
        if (node.machine->applied() < node.ready_reads[i].index) {
            ++i;
            continue;
        }
        const WaitingRead read = node.ready_reads[i];
        node.ready_reads.erase(node.ready_reads.begin() + static_cast<std::ptrdiff_t>(i));
        read.done({Outcome::Kind::kDone, node.machine->read(read.question)});
    }
}

// --- requests

bool Cluster::propose(NodeId id, const std::string& command, OnOutcome done) {
    if (!isUp(id) || isStopped(id)) {
        return false;
    }
    Node& node = *nodes_.at(id);
    const auto position = node.core->propose({store::raft::makePayload(command)});
    if (!position) {
        return false;
    }
    // Whoever waited for this index has lost its entry.
    if (const auto old = node.proposals.find(position->index); old != node.proposals.end()) {
        const OnOutcome old_done = old->second.done;
        node.proposals.erase(old);
        old_done({});
    }
    node.proposals[position->index] = {position->term, std::move(done)};
    input(node, [](Core&) {});
    return true;
}

bool Cluster::read(NodeId id, const std::string& question, store::raft::ReadMode mode, OnOutcome done) {
    if (!isUp(id) || isStopped(id)) {
        return false;
    }
    Node& node = *nodes_.at(id);
    const std::uint64_t context = ++read_context_;
    node.reads[context] = {0, question, std::move(done)};
    if (!node.core->read(context, mode)) {
        node.reads.erase(context);
        return false;
    }
    input(node, [](Core&) {});
    return true;
}

Result<store::raft::Position> Cluster::changeMembership(NodeId id, const store::raft::MembershipTarget& target) {
    Node& node = *nodes_.at(id);
    auto position = node.core->changeMembership(target);
    input(node, [](Core&) {});
    return position;
}

Result<> Cluster::transfer(NodeId id, NodeId to) {
    Node& node = *nodes_.at(id);
    auto done = node.core->transferLeadership(to);
    input(node, [](Core&) {});
    return done;
}

// --- what can be seen

NodeId Cluster::leader() const {
    NodeId leader = 0;
    store::raft::Term term = 0;
    for (const auto& [id, node] : nodes_) {
        if (node->core && node->core->term() >= term) {
            if (node->core->role() == Role::kLeader) {
                leader = id;
                term = node->core->term();
            } else if (node->core->term() > term) {
                leader = 0;
                term = node->core->term();
            }
        }
    }
    return leader;
}

bool Cluster::isSettled() {
    const NodeId leading = leader();
    if (leading == 0 || core(leading).commit() != core(leading).log().lastIndex()) {
        return false;
    }
    const std::set<NodeId> members = core(leading).membership().all();
    const Index last = core(leading).log().lastIndex();
    return std::all_of(members.begin(), members.end(), [&](NodeId id) {
        return nodes_.contains(id) && isUp(id) && machine(id).applied() == last &&
               machine(id).hash() == machine(leading).hash();
    });
}

}  // namespace tessera::fault
