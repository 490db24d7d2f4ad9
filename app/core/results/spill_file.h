#pragma once

/// A temporary file without a name: whatever ends the process, the space is free again. Appended to by one thread, read
/// by any number; both wait for the disk.

#include "common/result.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace tessera::app {

class SpillFile {
  public:
    /// In `folder`, which is made if it is missing.
    static Result<std::unique_ptr<SpillFile>> create(const std::filesystem::path& folder);

    /// Takes the descriptor of a file that is open for reading and writing.
    explicit SpillFile(int descriptor) : descriptor_(descriptor) {}

    ~SpillFile();
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

    /// Where the pieces begin in the file. After a failure the file is as it was before.
    Result<std::uint64_t> append(const std::vector<std::string_view>& pieces);
    /// Exactly `size` bytes.
    Result<> read(std::uint64_t offset, char* into, std::size_t size) const;

    std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }

  private:
    const int descriptor_;
    std::atomic<std::uint64_t> size_{0};  // written by the appending thread
};

}  // namespace tessera::app
