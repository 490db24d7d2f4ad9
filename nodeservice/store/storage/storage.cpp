#include "nodeservice/store/storage/storage.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace tessera::store {

Result<> Storage::saveSnapshot(const raft::SnapshotMeta& snapshot, std::string_view bytes) {
    TSR_TRY(receiveChunk({snapshot, 0, raft::makePayload(std::string(bytes))}));
    return acceptReceived(snapshot);
}

Result<> Storage::adoptSnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& sealed) {
    std::ifstream in(sealed, std::ios::binary);
    std::string bytes(snapshot.size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    TSR_TRY(saveSnapshot(snapshot, std::string_view(bytes).substr(0, static_cast<std::size_t>(in.gcount()))));
    std::error_code ignored;
    std::filesystem::remove(sealed, ignored);
    return {};
}

Result<> Storage::copySnapshot(const raft::SnapshotMeta& snapshot, const std::filesystem::path& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    for (std::uint64_t offset = 0; offset < snapshot.size;) {
        const std::string bytes = TSR_TRY(readSnapshot(snapshot, offset, kSnapshotChunkBytes));
        if (bytes.empty()) {
            return fail(ErrorCode::kDataLoss, "the store's snapshot ends too early");
        }
        out << bytes;
        offset += bytes.size();
    }
    out.close();
    if (!out) {
        return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + std::strerror(errno));
    }
    return {};
}

}  // namespace tessera::store
