#include "nodeservice/store/storage/persist.h"

#include <utility>

namespace tessera::store {

namespace {

/// `write`, then the Ready's, as one.
void add(LogWrite& write, const raft::Ready& ready) {
    if (ready.hard_state) {
        write.hard_state = ready.hard_state;
    }
    if (!ready.entries.empty()) {
        while (!write.entries.empty() && write.entries.back().index >= ready.entries.front().index) {
            write.entries.pop_back();
        }
        write.entries.insert(write.entries.end(), ready.entries.begin(), ready.entries.end());
    }
}

Result<> flush(Storage& storage, LogWrite& write) {
    if (write.hard_state || !write.entries.empty() || write.install) {
        TSR_TRY(storage.write(std::exchange(write, {})));
    }
    return {};
}

}  // namespace

Result<Persisted> persist(Storage& storage, std::span<const raft::Ready> readys) {
    Persisted outcome;
    LogWrite write;
    for (const raft::Ready& ready : readys) {
        add(write, ready);
        for (const raft::SnapshotChunk& chunk : ready.chunks) {
            TSR_TRY(storage.receiveChunk(chunk));
        }
        if (!ready.install) {
            continue;
        }
        if (const auto accepted = storage.acceptReceived(*ready.install); accepted) {
            write.install = ready.install;
            TSR_TRY(flush(storage, write));
        } else if (accepted.error().code == ErrorCode::kDataLoss) {
            outcome.failed_installs.insert(ready.number);
        } else {
            return accepted.error();
        }
    }
    TSR_TRY(flush(storage, write));
    return outcome;
}

}  // namespace tessera::store
