#include "nodeservice/jobs/steps/export_files.h"

#include "common/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace tessera::jobs {

namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "_manifest.json";

Error cannot(const std::string& what, const fs::path& path, const std::string& why) {
    return fail(ErrorCode::kFailedPrecondition, "cannot " + what + " '" + path.string() + "': " + why,
                "the node's system user needs the right to");
}

bool isBeneath(const fs::path& path, const fs::path& folder) {
    const auto [end, _] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return end == folder.end();
}

Result<> syncOne(const fs::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) {
        return cannot("write", path, std::strerror(errno));
    }
    return {};
}

/// The bytes of all files.
Result<std::int64_t> syncAll(const fs::path& path) {
    std::error_code code;
    std::int64_t bytes = 0;
    if (!fs::is_directory(path, code)) {
        TSR_TRY(syncOne(path));
        return static_cast<std::int64_t>(fs::file_size(path, code));
    }
    for (fs::recursive_directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
        TSR_TRY(syncOne(entry->path()));
        bytes += entry->is_regular_file(code) ? static_cast<std::int64_t>(entry->file_size(code)) : 0;
    }
    TSR_TRY(syncOne(path));
    return bytes;
}

}  // namespace

Result<fs::path> exportTarget(const std::string& to, const std::vector<fs::path>& folders) {
    fs::path target = fs::path(to).lexically_normal();
    if (!target.has_filename()) {
        target = target.parent_path();
    }
    std::error_code code;
    const fs::path parent = fs::weakly_canonical(target.parent_path(), code);
    const bool is_allowed =
        target.is_absolute() && !code && std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
            std::error_code missing;
            return isBeneath(parent, fs::weakly_canonical(folder, missing));
        });
    if (!is_allowed) {
        return fail(ErrorCode::kInvalidArgument,
                    "'" + to + "' is not beneath a folder that this node's jobs may write to",
                    "jobs.export_folders in the node's configuration names them");
    }
    return parent / target.filename();
}

Result<ExportDraft> ExportDraft::create(fs::path target, Kind kind, const std::string& name) {
    std::error_code code;
    const fs::path parent = target.parent_path();
    fs::create_directories(parent, code);
    if (code) {
        return cannot("make the folder", parent, code.message());
    }
    if (::access(parent.c_str(), W_OK | X_OK) != 0) {
        return cannot("write to the folder", parent, std::strerror(errno));
    }
    const fs::path draft = parent / ("." + target.filename().string() + ".part-" + name);
    fs::remove_all(draft, code);
    if (kind == Kind::kFolder && !fs::create_directory(draft, code)) {
        return cannot("make the folder", draft, code.message());
    }
    return ExportDraft(std::move(target), draft, kind);
}

ExportDraft::ExportDraft(ExportDraft&& other) noexcept
    : target_(std::move(other.target_)), draft_(std::exchange(other.draft_, {})), kind_(other.kind_) {}

ExportDraft::~ExportDraft() {
    if (!draft_.empty()) {
        std::error_code ignored;
        fs::remove_all(draft_, ignored);
    }
}

Result<std::int64_t> ExportDraft::takePlace(const std::string& manifest) {
    std::error_code code;
    const bool is_there = fs::exists(target_, code);
    const bool is_folder = fs::is_directory(target_, code);
    if (is_there && is_folder != (kind_ == Kind::kFolder)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "'" + target_.string() + "' is a " + (is_folder ? "folder" : "file") + ", the export is a " +
                        (is_folder ? "file" : "folder"),
                    "choose another place, or remove it");
    }
    if (is_folder && !fs::is_empty(target_, code) && !fs::exists(target_ / kManifest, code)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the folder '" + target_.string() + "' holds something else than an export, and is not replaced",
                    "choose another folder, or empty it");
    }
    if (kind_ == Kind::kFolder) {
        std::ofstream out(draft_ / kManifest, std::ios::binary);
        out << manifest;
        out.close();
        if (!out) {
            return cannot("write", draft_ / kManifest, std::strerror(errno));
        }
    }
    const std::int64_t bytes = TSR_TRY(syncAll(draft_));
    // A folder that is there cannot be overwritten by renaming: the two change places.
    const unsigned flags = is_folder ? RENAME_EXCHANGE : 0;
    if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
        return cannot("replace", target_, std::strerror(errno));
    }
    TSR_TRY(syncOne(target_.parent_path()));
    if (is_folder) {
        fs::remove_all(draft_, code);
    }
    draft_.clear();
    return bytes;
}

}  // namespace tessera::jobs
