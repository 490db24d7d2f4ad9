#include "app/core/output/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tessera::app {

namespace {

constexpr std::string_view kBrokenPipeDetail = "EPIPE";

Result<> writeAll(int descriptor, std::string_view bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EPIPE) {
            Error error = fail(ErrorCode::kAborted, "the reader of " + name + " has gone");
            error.detail = kBrokenPipeDetail;
            return error;
        } else if (errno != EINTR) {
            return fail(ErrorCode::kDataLoss, "cannot write to " + name + ": " + std::strerror(errno),
                        errno == ENOSPC ? "free some space on the disk" : "");
        }
    }
    return {};
}

class DescriptorOutput final : public Output {
  public:
    Result<> write(std::string_view bytes) override { return writeAll(STDOUT_FILENO, bytes, "standard output"); }
};

}  // namespace

Result<> StringOutput::write(std::string_view bytes) {
    text_.append(bytes);
    return {};
}

bool isBrokenPipe(const Error& error) {
    return error.detail == kBrokenPipeDetail;
}

std::unique_ptr<Output> standardOutput() {
    return std::make_unique<DescriptorOutput>();
}

Result<std::unique_ptr<FileOutput>> FileOutput::create(const std::filesystem::path& path) {
    struct stat facts {};

    const bool is_special = ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
    const std::filesystem::path partial = is_special ? "" : path.string() + ".partial";
    const std::filesystem::path& opened = is_special ? path : partial;
    const int descriptor = ::open(opened.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return fail(ErrorCode::kInvalidArgument, "cannot write '" + path.string() + "': " + std::strerror(errno),
                    "choose a file in a folder you may write to");
    }
    return std::unique_ptr<FileOutput>(new FileOutput(descriptor, path, partial));
}

FileOutput::FileOutput(int descriptor, std::filesystem::path path, std::filesystem::path partial)
    : descriptor_(descriptor), path_(std::move(path)), partial_(std::move(partial)) {}

FileOutput::~FileOutput() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
        if (!partial_.empty()) {
            ::unlink(partial_.c_str());
        }
    }
}

Result<> FileOutput::write(std::string_view bytes) {
    return writeAll(descriptor_, bytes, "'" + path_.string() + "'");
}

Result<> FileOutput::commit() {
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 || (!partial_.empty() && std::rename(partial_.c_str(), path_.c_str()) != 0)) {
        const std::string reason = std::strerror(errno);
        if (!partial_.empty()) {
            ::unlink(partial_.c_str());
        }
        return fail(ErrorCode::kDataLoss, "cannot complete '" + path_.string() + "': " + reason);
    }
    return {};
}

}  // namespace tessera::app
