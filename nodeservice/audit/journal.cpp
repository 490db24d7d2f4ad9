#include "nodeservice/audit/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tessera::audit {

Result<Journal> Journal::open(std::filesystem::path file, std::uint64_t most_bytes, int files) {
    Journal journal(std::move(file), most_bytes, files);
    TSR_TRY(journal.reopen());
    return journal;
}

Result<> Journal::reopen() {
    out_ = FileDescriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));

    struct stat facts {};

    if (!out_ || ::fstat(out_.get(), &facts) != 0) {
        return fail(ErrorCode::kUnavailable, "cannot write '" + file_.string() + "': " + std::strerror(errno));
    }
    size_ = static_cast<std::uint64_t>(facts.st_size);
    return {};
}

std::filesystem::path Journal::numbered(int number) const {
    return number == 0 ? file_ : std::filesystem::path(file_.string() + "." + std::to_string(number));
}

Result<> Journal::append(std::string_view lines) {
    if (size_ > 0 && size_ + lines.size() > most_bytes_) {
        std::error_code ignored;
        for (int number = files_; number > 0; --number) {
            std::filesystem::rename(numbered(number - 1), numbered(number), ignored);
        }
        if (files_ == 0) {
            std::filesystem::remove(file_, ignored);
        }
        TSR_TRY(reopen());
    }
    while (!lines.empty()) {
        const ssize_t written = ::write(out_.get(), lines.data(), lines.size());
        if (written < 0 && errno != EINTR) {
            return fail(ErrorCode::kUnavailable, "cannot write '" + file_.string() + "': " + std::strerror(errno));
        }
        lines.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
        size_ += written > 0 ? static_cast<std::uint64_t>(written) : 0;
    }
    return {};
}

}  // namespace tessera::audit
