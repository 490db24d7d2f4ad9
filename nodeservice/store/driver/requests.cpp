/// A replica's requests, in the loop's turn: commands and when data may be read.

#include "nodeservice/store/driver/replica.h"

#include <algorithm>
#include <utility>

namespace tessera::store {

namespace {

Error noLeader(raft::NodeId leader) {
    return fail(ErrorCode::kUnavailable, "this node of the store is not the leader",
                leader == raft::kNoNode ? "try again when a leader is elected" : "ask node " + std::to_string(leader));
}

Error tooMany() {
    return fail(ErrorCode::kResourceExhausted, "too many requests wait for the store", "try again later");
}

Execution refused(Error error, raft::NodeId leader = raft::kNoNode) {
    return {.fate = Execution::Fate::kRefused, .error = std::move(error), .leader = leader};
}

Execution unknown(Error error) {
    error.code = ErrorCode::kUnknown;
    error.message = "whether the write was done is not known: " + error.message;
    error.hint = "send it again with the same number to find out";
    return {.fate = Execution::Fate::kUnknown, .error = std::move(error)};
}

}  // namespace

Error Replica::notTaken() const {
    return is_stopping_ ? fail(ErrorCode::kUnavailable, "this node of the store is stopping", "ask another")
                        : tooMany();
}

// --- commands

void Replica::execute(Command command, Time deadline, OnExecuted done) {
    command.now_ms = options_.clock->wallMs();
    command.seed = options_.random();
    const auto answer = [this, done](Execution execution) {
        loop_.afterwards([done, execution = std::move(execution)] { done(execution); });
    };
    // Here rather than by the worker, which would have to be woken.
    const bool is_tried = leads() && worker_->triesWell(command);
    const bool is_taken =
        loop_.post([this, command = std::move(command), is_tried, deadline,
                    answer]() mutable { startExecute(std::move(command), is_tried, deadline, answer); },
                   options_.max_waiting);
    if (!is_taken) {
        done(refused(notTaken()));
    }
}

void Replica::startExecute(Command command, bool is_tried, Time deadline, OnExecuted done) {
    if (fault_) {
        return done(refused(*fault_));
    }
    if (core_.role() != raft::Role::kLeader) {
        return done(refused(noLeader(core_.leader()), core_.leader()));
    }
    if (unapplied_bytes_ > options_.max_unapplied_bytes || unanswered_ >= options_.max_waiting) {
        return done(refused(tooMany()));
    }
    ++unanswered_;
    const auto counted = [this, done = std::move(done)](Execution execution) {
        --unanswered_;
        done(std::move(execution));
    };
    if (is_tried) {
        return propose(command, deadline, counted);
    }
    const std::uint64_t number = ++try_number_;
    trying_[number] = {0, deadline, counted};
    worker_->tryOut(command, [this, command, number](const Tried& outcome) { tried(command, number, outcome); });
}

/// What fails on the state that a linearizable read would see is refused. On an older one the failure says nothing: the
/// table that is missing may be in an entry that is not applied yet.
void Replica::tried(const Command& command, std::uint64_t number, const Tried& outcome) {
    const auto found = trying_.find(number);
    if (found == trying_.end()) {
        return;
    }
    const Pending request = std::move(found->second);
    trying_.erase(found);
    if (outcome.result || outcome.index < core_.log().lastIndex()) {
        return propose(command, request.deadline, request.done);
    }
    const auto decide = [this, command, request, outcome](Result<raft::Index> at) {
        if (!at) {
            request.done(refused(at.error(), core_.leader()));
        } else if (*at > outcome.index) {
            propose(command, request.deadline, request.done);
        } else {
            request.done(refused(outcome.result.error()));
        }
    };
    startRead({.point = Consistency::kLinearizable, .deadline = request.deadline, .done = decide});
}

void Replica::propose(const Command& command, Time deadline, OnExecuted done) {
    if (fault_) {
        return done(refused(*fault_));
    }
    std::string bytes = command.encode();
    if (bytes.size() > options_.max_command_bytes) {
        return done(refused(fail(ErrorCode::kInvalidArgument,
                                 "the command has " + std::to_string(bytes.size()) + " bytes, the store takes " +
                                     std::to_string(options_.max_command_bytes),
                                 "divide it into several")));
    }
    const auto position = core_.propose({raft::makePayload(std::move(bytes))});
    if (!position) {
        return done(refused(position.error(), core_.leader()));
    }
    Pending& pending = pending_[position->index];
    if (pending.done) {
        pending.done(unknown(fail(ErrorCode::kUnknown, "the store's leader changed")));
    }
    pending = {position->term, deadline, std::move(done)};
}

// --- reads

void Replica::awaitReadable(const ReadPoint& point, Time deadline, OnReadable done) {
    const auto answer = [this, done](Result<raft::Index> index) {
        loop_.afterwards([done, index = std::move(index)] { done(index); });
    };
    const bool is_taken = loop_.post(
        [this, point, deadline, answer] { startRead({.point = point, .deadline = deadline, .done = answer}); },
        options_.max_waiting);
    if (!is_taken) {
        done(notTaken());
    }
}

void Replica::startRead(PendingRead read) {
    if (fault_) {
        return read.done(*fault_);
    }
    const Consistency consistency = read.point.consistency;
    const bool is_leader = core_.role() == raft::Role::kLeader;
    if (!is_leader && (consistency == Consistency::kWeak || consistency == Consistency::kLeader)) {
        return read.done(noLeader(core_.leader()));
    }
    if (consistency == Consistency::kNone || consistency == Consistency::kWeak) {
        return read.done(applied_);
    }
    startPointRead(std::move(read));
}

/// Freshness asks nobody's clock but this process's: what a quorum confirmed for a question that was put at a time
/// holds all that was committed by then. One such answer serves all that come within its age.
void Replica::startPointRead(PendingRead read) {
    const ReadPoint& point = read.point;
    if (point.consistency == Consistency::kFreshness && fresh_as_of_ &&
        options_.clock->now() - *fresh_as_of_ <= point.max_age) {
        return read.done(applied_);
    }
    if (point.consistency == Consistency::kAtTime && point.time_ms > options_.clock->wallMs()) {
        return read.done(fail(ErrorCode::kInvalidArgument, "the time whose state is asked for is yet to come",
                              "ask for the state of now without a time"));
    }
    if (point.consistency == Consistency::kAtIndex) {
        waiting_reads_.emplace(point.index, std::move(read));
        return releaseReads();
    }
    new_reads_.push_back(std::move(read));
}

/// All reads that came together are one question: a follower asks the leader once, whatever it is asked. Those that
/// come while one is under way wait for its answer and are the next, or many clients would ask a quorum for each of
/// their reads. Whether anything was asked.
bool Replica::askReads() {
    ReadGroup by_lease{raft::ReadMode::kLease, 0, {}};
    ReadGroup by_index{raft::ReadMode::kReadIndex, 0, {}};
    const bool may_ask = mayAsk();
    for (PendingRead& read : std::exchange(new_reads_, {})) {
        const bool is_by_lease = read.point.consistency == Consistency::kLeader;
        if (!is_by_lease && !may_ask) {
            new_reads_.push_back(std::move(read));
            continue;
        }
        read.asked = options_.clock->now();
        (is_by_lease ? by_lease : by_index).reads.push_back(std::move(read));
    }
    const bool has_asked = !by_lease.reads.empty() || !by_index.reads.empty();
    for (ReadGroup* group : {&by_lease, &by_index}) {
        if (!group->reads.empty()) {
            const std::uint64_t context = ++read_context_;
            askGroup(context, asked_[context] = std::move(*group));
        }
    }
    return has_asked;
}

/// A question that is not answered within a tick may be lost, and holds nobody up.
bool Replica::mayAsk() const {
    return std::none_of(asked_.begin(), asked_.end(), [](const auto& one) {
        return one.second.mode == raft::ReadMode::kReadIndex && one.second.ticks_waited == 0;
    });
}

void Replica::askGroup(std::uint64_t context, ReadGroup& group) {
    group.ticks_waited = 0;
    // Without a leader it is asked again later.
    static_cast<void>(core_.read(context, group.mode));
}

void Replica::readable(const raft::ReadState& state) {
    const auto found = asked_.find(state.context);
    if (found == asked_.end()) {
        return;
    }
    ReadGroup group = std::move(found->second);
    asked_.erase(found);
    for (PendingRead& read : group.reads) {
        waiting_reads_.emplace(state.index, std::move(read));
    }
    releaseReads();
}

void Replica::releaseReads() {
    while (!waiting_reads_.empty() && waiting_reads_.begin()->first <= applied_) {
        const PendingRead read = std::move(waiting_reads_.begin()->second);
        waiting_reads_.erase(waiting_reads_.begin());
        if (read.point.consistency != Consistency::kAtIndex && (!fresh_as_of_ || *fresh_as_of_ < read.asked)) {
            fresh_as_of_ = read.asked;
        }
        read.done(applied_);
    }
}

// --- the end of what was not answered

void Replica::expire() {
    const Time now = options_.clock->now();
    const Error late = fail(ErrorCode::kDeadlineExceeded, "the store did not answer in time", "try again later");
    std::vector<Action> answers;
    std::erase_if(pending_, [&](const auto& one) {
        const bool is_late = one.second.deadline <= now;
        if (is_late) {
            answers.push_back([done = one.second.done, late] { done(unknown(late)); });
        }
        return is_late;
    });
    std::erase_if(trying_, [&](const auto& one) {
        const bool is_late = one.second.deadline <= now;
        if (is_late) {
            answers.push_back([done = one.second.done, late] { done(refused(late)); });
        }
        return is_late;
    });
    const auto read_is_late = [&](const PendingRead& read) {
        const bool is_late = read.deadline <= now;
        if (is_late) {
            const Error why =
                read.point.consistency != Consistency::kAtIndex
                    ? late
                    : fail(ErrorCode::kDeadlineExceeded,
                           "this node of the store has not come to entry " + std::to_string(read.point.index) +
                               " in time: it holds those up to " + std::to_string(applied_),
                           "is there such an entry?");
            answers.push_back([done = read.done, why] { done(why); });
        }
        return is_late;
    };
    std::erase_if(new_reads_, read_is_late);
    std::erase_if(waiting_reads_, [&](const auto& one) { return read_is_late(one.second); });
    for (auto& [context, group] : asked_) {
        std::erase_if(group.reads, read_is_late);
        if (++group.ticks_waited >= std::max<std::uint32_t>(1, options_.raft.election_ticks / 2)) {
            askGroup(context, group);
        }
    }
    std::erase_if(asked_, [](const auto& one) { return one.second.reads.empty(); });
    for (const Action& answer : answers) {
        answer();
    }
}

void Replica::answerAll(const Error& error) {
    for (const auto& [index, pending] : std::exchange(pending_, {})) {
        pending.done(unknown(error));
    }
    for (const auto& [number, request] : std::exchange(trying_, {})) {
        request.done(refused(error));
    }
    std::vector<PendingRead> reads = std::exchange(new_reads_, {});
    for (auto& [context, group] : std::exchange(asked_, {})) {
        reads.insert(reads.end(), group.reads.begin(), group.reads.end());
    }
    for (auto& [index, read] : std::exchange(waiting_reads_, {})) {
        reads.push_back(read);
    }
    for (const PendingRead& read : reads) {
        read.done(error);
    }
}

// --- members

void Replica::changeMembership(MembershipChange change, OnChanged done) {
    const bool is_taken = post([this, change = std::move(change), done] {
        if (fault_) {
            return done(*fault_);
        }
        if (core_.role() != raft::Role::kLeader) {
            return done(noLeader(core_.leader()));
        }
        const auto target = change(core_.membership());
        done(target ? core_.changeMembership(*target) : Result<raft::Position>(target.error()));
    });
    if (!is_taken) {
        done(notTaken());
    }
}

raft::NodeId Replica::bestSuccessor() const {
    raft::NodeId best = raft::kNoNode;
    raft::Index most = 0;
    for (const auto& [node, progress] : core_.peers()) {
        if (core_.membership().voters.contains(node) && (best == raft::kNoNode || progress.match() > most)) {
            best = node;
            most = progress.match();
        }
    }
    return best;
}

void Replica::transferLeadership(raft::NodeId to, std::function<void(Result<raft::NodeId>)> done) {
    const bool is_taken = post([this, to, done] {
        if (fault_) {
            return done(*fault_);
        }
        const raft::NodeId successor = to == raft::kNoNode ? bestSuccessor() : to;
        const auto begun = core_.transferLeadership(successor);
        done(begun ? Result<raft::NodeId>(successor) : Result<raft::NodeId>(begun.error()));
    });
    if (!is_taken) {
        done(notTaken());
    }
}

}  // namespace tessera::store
