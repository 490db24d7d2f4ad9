#include "nodeservice/store/driver/apply_worker.h"

#include <chrono>
#include <span>
#include <utility>

namespace tessera::store {

namespace {

/// What is known is not held back for longer than this for what comes next, unless that takes longer by itself.
constexpr std::chrono::milliseconds kMostHeld{1};

}  // namespace

ApplyWorker::ApplyWorker(std::unique_ptr<Data> data, Events events)
    : data_(std::move(data)), events_(std::move(events)), thread_([this] { work(); }) {}

void ApplyWorker::stop() {
    jobs_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void ApplyWorker::report() {
    if (!reports_.empty()) {
        events_.reports(std::exchange(reports_, {}));
    }
}

void ApplyWorker::work() {
    bool has_failed = false;
    while (true) {
        auto jobs = jobs_.takeAll();
        if (jobs.empty()) {
            return;
        }
        auto since = std::chrono::steady_clock::now();
        for (const Job& job : jobs) {
            if (has_failed) {
                continue;
            }
            const auto done = std::visit([this](const auto& held) { return run(held); }, job);
            if (!done) {
                has_failed = true;
                reports_.emplace_back([this, error = done.error()] { events_.failed(error); });
            }
            if (const auto now = std::chrono::steady_clock::now(); now - since > kMostHeld) {
                report();
                since = now;
            }
        }
        report();
        const std::lock_guard lock(mutex_);
        data_->tidy();
    }
}

bool ApplyWorker::triesWell(const Command& command) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() && jobs_.isEmpty() && data_->validatesBriefly(command);
}

Result<std::vector<Outcome>> ApplyWorker::applyOf(std::span<const raft::Entry> entries) {
    const std::lock_guard lock(mutex_);
    return data_->apply(entries);
}

/// Group by group, as the data take them. Reports are given without the mutex: they may lead to the next command.
Result<> ApplyWorker::run(const std::vector<raft::Entry>& entries) {
    std::span<const raft::Entry> rest = entries;
    Applied applied;
    // In the snapshot that has been put in place meanwhile.
    for (; !rest.empty() && rest.front().index <= data_->applied(); rest = rest.subspan(1)) {
        applied.bytes += rest.front().bytes();
    }
    while (!rest.empty()) {
        auto outcomes = TSR_TRY(applyOf(rest));
        for (Outcome& outcome : outcomes) {
            const raft::Entry& entry = rest.front();
            applied.bytes += entry.bytes();
            applied.entries.push_back({{entry.index, entry.term}, std::move(outcome)});
            rest = rest.subspan(1);
        }
        if (!rest.empty()) {
            noteApplied(std::exchange(applied, {}));
            report();
        }
    }
    noteApplied(std::move(applied));
    return {};
}

void ApplyWorker::noteApplied(Applied applied) {
    applied.index = data_->applied();
    applied.hash = data_->hash();
    reports_.emplace_back([this, applied = std::move(applied)] { events_.applied(applied); });
}

Result<> ApplyWorker::run(const Restore& restore) {
    const std::lock_guard lock(mutex_);
    auto done = data_->restore(restore.file);
    std::error_code ignored;
    std::filesystem::remove(restore.file, ignored);
    TSR_TRY(std::move(done));
    if (data_->applied() != restore.index) {
        return fail(ErrorCode::kDataLoss, "the snapshot of entry " + std::to_string(restore.index) +
                                              " of the store holds the state of entry " +
                                              std::to_string(data_->applied()));
    }
    noteApplied({});
    return {};
}

Result<> ApplyWorker::run(const Pin& pin) {
    const std::lock_guard lock(mutex_);
    auto pinned = data_->pin();
    auto state = pinned ? Result<std::shared_ptr<PinnedState>>(std::make_shared<PinnedState>(std::move(*pinned)))
                        : Result<std::shared_ptr<PinnedState>>(pinned.error());
    reports_.emplace_back([done = pin.done, state = std::move(state)] { done(state); });
    return {};
}

Result<> ApplyWorker::run(const Try& attempt) {
    const std::lock_guard lock(mutex_);
    auto result = data_->validate(attempt.command);
    if (!result && result.error().code != ErrorCode::kInvalidArgument) {
        return result;
    }
    reports_.emplace_back([done = attempt.done, tried = Tried{std::move(result), data_->applied()}] { done(tried); });
    return {};
}

}  // namespace tessera::store
