#include "nodeservice/store/driver/storage_thread.h"

#include <utility>

namespace tessera::store {

StorageThread::StorageThread(std::unique_ptr<Storage> storage, std::filesystem::path folder, Transport& transport,
                             Events events)
    : storage_(std::move(storage)),
      folder_(std::move(folder)),
      transport_(transport),
      events_(std::move(events)),
      thread_([this] { work(); }) {}

void StorageThread::write(raft::Ready ready) {
    jobs_.push(std::move(ready));
}

void StorageThread::sendChunk(raft::Message message) {
    jobs_.push(std::move(message));
}

bool StorageThread::run(Task task) {
    return jobs_.push(std::move(task));
}

void StorageThread::stop() {
    jobs_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void StorageThread::work() {
    while (true) {
        auto jobs = jobs_.takeAll();
        if (jobs.empty()) {
            return;
        }
        std::vector<raft::Ready> readys;
        for (Job& job : jobs) {
            if (auto* ready = std::get_if<raft::Ready>(&job)) {
                readys.push_back(std::move(*ready));
                continue;
            }
            writeAll(std::exchange(readys, {}));
            if (auto* message = std::get_if<raft::Message>(&job)) {
                fillAndSend(std::move(*message));
            } else {
                std::get<Task>(job)(*storage_);
            }
        }
        writeAll(std::move(readys));
        storage_->tidy();
    }
}

void StorageThread::writeAll(std::vector<raft::Ready> readys) {
    if (readys.empty() || has_failed_) {
        return;
    }
    auto persisted = persist(*storage_, readys);
    if (!persisted) {
        return failed(persisted.error());
    }
    Written written{readys.back().number, std::move(persisted->failed_installs), {}};
    for (raft::Ready& ready : readys) {
        if (ready.install && !written.failed_installs.contains(ready.number)) {
            const auto file = folder_ / ("installed-" + std::to_string(ready.install->index) + ".part");
            if (const auto lent = storage_->lendSnapshot(*ready.install, file); !lent) {
                return failed(lent.error());
            }
            written.installed.push_back({*ready.install, file});
        }
        for (raft::Message& message : ready.messages_when_durable) {
            transport_.send(std::move(message));
        }
    }
    events_.written(std::move(written));
}

void StorageThread::fillAndSend(raft::Message message) {
    auto chunk = storage_->readSnapshot(message.snapshot, message.offset, kSnapshotChunkBytes);
    if (chunk) {
        message.chunk = raft::makePayload(std::move(*chunk));
        transport_.send(std::move(message));
    } else if (chunk.error().code == ErrorCode::kDataLoss) {
        // The log is another matter, and the data may be whole: of them another snapshot is made.
        events_.snapshot_damaged(message.snapshot, chunk.error());
    } else if (chunk.error().code != ErrorCode::kNotFound) {
        failed(chunk.error());
    }
}

void StorageThread::failed(Error error) {
    has_failed_ = true;
    events_.failed(std::move(error));
}

}  // namespace tessera::store
