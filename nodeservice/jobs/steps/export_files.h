#pragma once

/// Where an export's files go: a draft beside their place, which they take at once or not at all. Files of one path at
/// a time. Internal to this folder.

#include "common/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::jobs {

/// The place of an export, if it is beneath one of the folders that the node's jobs may write to; symbolic links do not
/// lead out of them. kInvalidArgument otherwise.
Result<std::filesystem::path> exportTarget(const std::string& to, const std::vector<std::filesystem::path>& folders);

class ExportDraft {
  public:
    enum class Kind { kFile, kFolder };

    /// Makes the folder above the target. `name`: of the run; drafts of it that were left behind are removed.
    static Result<ExportDraft> create(std::filesystem::path target, Kind kind, const std::string& name);

    ExportDraft(ExportDraft&& other) noexcept;
    ExportDraft& operator=(ExportDraft&&) = delete;
    /// Removes it, unless it has taken its place.
    ~ExportDraft();

    const std::filesystem::path& path() const { return draft_; }

    /// Writes all of it to the disk and puts it in place of what was there. A folder gets a manifest; one that holds
    /// something else than an export is not replaced. Returns the bytes of the files.
    Result<std::int64_t> takePlace(const std::string& manifest);

  private:
    ExportDraft(std::filesystem::path target, std::filesystem::path draft, Kind kind)
        : target_(std::move(target)), draft_(std::move(draft)), kind_(kind) {}

    std::filesystem::path target_;
    std::filesystem::path draft_;
    Kind kind_;
};

}  // namespace tessera::jobs
