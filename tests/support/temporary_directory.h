#pragma once

/// A folder of its own for a test, removed with all it holds at the end of its scope.
///
/// Servers that run as another user can enter it, but not write: they get private folders inside
/// (makePrivateDirectory()). Its path is short, because unix sockets stand in it.

#include <filesystem>

namespace tessera {

class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(TemporaryDirectory&& other) noexcept;
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory();

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Writes a file for a test, with the folders above it; returns its path.
std::filesystem::path writeFile(const std::filesystem::path& file, const std::string& text);

/// All of a file, or nothing when it cannot be read.
std::string readFile(const std::filesystem::path& file);

}  // namespace tessera
