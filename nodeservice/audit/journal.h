#pragma once

/// A file of lines that is replaced when it has grown large: FILE, before it FILE.1, FILE.2, … One thread.

#include "common/process.h"
#include "common/result.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tessera::audit {

class Journal {
  public:
    /// `files`: how many are kept beside the one that is written. Goes on where a former one ended.
    static Result<Journal> open(std::filesystem::path file, std::uint64_t most_bytes, int files);

    /// All of it, or an error; the file may then hold a part.
    Result<> append(std::string_view lines);

  private:
    Journal(std::filesystem::path file, std::uint64_t most_bytes, int files)
        : file_(std::move(file)), most_bytes_(most_bytes), files_(files) {}

    Result<> reopen();
    std::filesystem::path numbered(int number) const;

    std::filesystem::path file_;
    std::uint64_t most_bytes_;
    int files_;
    FileDescriptor out_;
    std::uint64_t size_ = 0;
};

}  // namespace tessera::audit
