#include "plugins/files/new_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace tessera::files {

namespace fs = std::filesystem;

namespace {

bool sync(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) {
        ::close(file);
    }
    return done;
}

/// Who may read the folder may read what is put there.
void shareWithFolder(const fs::path& file) {
    std::error_code ignored;
    const fs::perms readable = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                               fs::perms::group_write | fs::perms::others_read;
    fs::permissions(file, (fs::status(file.parent_path(), ignored).permissions() & readable) | fs::perms::owner_read,
                    ignored);
}

}  // namespace

Result<> NewFiles::commit() {
    std::size_t named = 0;
    Result<> outcome;
    for (const File& file : files_) {
        std::error_code code;
        shareWithFolder(file.hidden);
        const bool on_disk = sync(file.hidden);
        // Unlike a renaming, a link never takes the place of a file that has appeared meanwhile.
        fs::create_hard_link(file.hidden, file.name, code);
        if (!on_disk || code) {
            outcome = fail(ErrorCode::kUnavailable,
                           "cannot make the file '" + file.name + "'" + (code ? ": " + code.message() : ""));
            outcome.error().sqlstate = "58030";
            outcome.error().detail =
                named > 0 ? "Made already and not undone: " + std::to_string(named) + " files." : "";
            break;
        }
        ++named;
    }
    removeFrom(0);
    savepoints_.clear();
    return outcome;
}

void NewFiles::rollback() {
    removeFrom(0);
    savepoints_.clear();
}

void NewFiles::release(const std::string& savepoint) {
    while (!savepoints_.empty()) {
        const bool found = savepoints_.back().first == savepoint;
        savepoints_.pop_back();
        if (found) {
            return;
        }
    }
}

void NewFiles::rollbackTo(const std::string& savepoint) {
    while (!savepoints_.empty() && savepoints_.back().first != savepoint) {
        savepoints_.pop_back();
    }
    removeFrom(savepoints_.empty() ? 0 : savepoints_.back().second);
}

void NewFiles::removeFrom(std::size_t first) {
    for (std::size_t i = first; i < files_.size(); ++i) {
        std::error_code ignored;
        fs::remove(files_[i].hidden, ignored);
    }
    files_.resize(std::min(first, files_.size()));
}

}  // namespace tessera::files
