#include "nodeservice/store/driver/apply_worker.h"

#include <utility>

namespace tessera::store {

ApplyWorker::ApplyWorker(std::unique_ptr<Data> data, Events events)
    : data_(std::move(data)), events_(std::move(events)), thread_([this] { work(); }) {}

void ApplyWorker::stop() {
    jobs_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void ApplyWorker::work() {
    bool has_failed = false;
    while (true) {
        auto jobs = jobs_.takeAll();
        if (jobs.empty()) {
            return;
        }
        for (const Job& job : jobs) {
            if (has_failed) {
                continue;
            }
            const auto done = std::visit([this](const auto& held) { return run(held); }, job);
            if (!done) {
                has_failed = true;
                events_.failed(done.error());
            }
        }
    }
}

Result<> ApplyWorker::run(const std::vector<raft::Entry>& entries) {
    Applied applied;
    for (const raft::Entry& entry : entries) {
        applied.bytes += entry.bytes();
        if (entry.index <= data_->applied()) {
            continue;  // in the snapshot that has been put in place meanwhile
        }
        Outcome outcome = TSR_TRY(data_->apply(entry));
        applied.entries.push_back({{entry.index, entry.term}, std::move(outcome)});
    }
    applied.index = data_->applied();
    applied.hash = data_->hash();
    events_.applied(std::move(applied));
    return {};
}

Result<> ApplyWorker::run(const Restore& restore) {
    auto done = data_->restore(restore.file);
    std::error_code ignored;
    std::filesystem::remove(restore.file, ignored);
    TSR_TRY(std::move(done));
    if (data_->applied() != restore.index) {
        return fail(ErrorCode::kDataLoss, "the snapshot of entry " + std::to_string(restore.index) +
                                              " of the store holds the state of entry " +
                                              std::to_string(data_->applied()));
    }
    events_.applied({data_->applied(), data_->hash(), 0, {}});
    return {};
}

Result<> ApplyWorker::run(const Pin& pin) {
    auto pinned = data_->pin();
    if (pinned) {
        pin.done(std::make_shared<PinnedState>(std::move(*pinned)));
    } else {
        pin.done(pinned.error());
    }
    return {};
}

Result<> ApplyWorker::run(const Try& attempt) {
    auto result = data_->validate(attempt.command);
    if (!result && result.error().code != ErrorCode::kInvalidArgument) {
        return result;
    }
    attempt.done({std::move(result), data_->applied()});
    return {};
}

}  // namespace tessera::store
