#pragma once

/// Where written bytes go: a file descriptor, or a string in tests. One thread at a time.

#include "common/result.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tessera::app {

class Output {
  public:
    virtual ~Output() = default;
    virtual Result<> write(std::string_view bytes) = 0;
};

class StringOutput final : public Output {
  public:
    Result<> write(std::string_view bytes) override;

    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

/// Whether an error says that whoever read our output has gone ("| head"): no failure of the statement.
bool isBrokenPipe(const Error& error);

/// Standard output, unbuffered beyond a write: a batch is visible when its write returns. SIGPIPE must be ignored.
std::unique_ptr<Output> standardOutput();

/// A file that appears under its name only when it is complete: written beside it as "NAME.partial", renamed by
/// commit(), removed when it is destroyed before. Devices and pipes are written directly.
class FileOutput final : public Output {
  public:
    static Result<std::unique_ptr<FileOutput>> create(const std::filesystem::path& path);
    ~FileOutput() override;
    FileOutput(const FileOutput&) = delete;
    FileOutput& operator=(const FileOutput&) = delete;

    Result<> write(std::string_view bytes) override;
    Result<> commit();

  private:
    FileOutput(int descriptor, std::filesystem::path path, std::filesystem::path partial);

    int descriptor_;
    std::filesystem::path path_;
    /// Empty where the file is written directly.
    std::filesystem::path partial_;
};

}  // namespace tessera::app
