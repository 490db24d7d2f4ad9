#include "app/cli/job_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tessera::cli {

namespace {

constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 20U;

Result<client::JobFile> readFile(const std::filesystem::path& path) {
    std::error_code code;
    if (const auto bytes = std::filesystem::file_size(path, code); !code && bytes > kMostBytes) {
        return fail(ErrorCode::kInvalidArgument, "'" + path.string() + "' is too large for a job file",
                    "a job has at most 1 MB");
    }
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad()) {
        return fail(ErrorCode::kInvalidArgument, "cannot read '" + path.string() + "': " + std::strerror(errno));
    }
    return client::JobFile{path.string(), std::move(text)};
}

}  // namespace

Result<std::vector<client::JobFile>> readJobFiles(const std::vector<std::filesystem::path>& paths) {
    std::vector<client::JobFile> files;
    for (const std::filesystem::path& path : paths) {
        std::error_code code;
        if (!std::filesystem::is_directory(path, code)) {
            files.push_back(TSR_TRY(readFile(path)));
            continue;
        }
        std::vector<std::filesystem::path> found;
        for (std::filesystem::directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
            const std::string extension = entry->path().extension().string();
            if (extension == ".yaml" || extension == ".yml") {
                found.push_back(entry->path());
            }
        }
        if (code) {
            return fail(ErrorCode::kInvalidArgument,
                        "cannot read the folder '" + path.string() + "': " + code.message());
        }
        if (found.empty()) {
            return fail(ErrorCode::kInvalidArgument, "there are no job files (*.yaml) in '" + path.string() + "'");
        }
        std::sort(found.begin(), found.end());
        for (const std::filesystem::path& one : found) {
            files.push_back(TSR_TRY(readFile(one)));
        }
    }
    return files;
}

Result<std::filesystem::path> writeJobFile(const std::filesystem::path& folder, const std::string& name,
                                           const std::string& text) {
    const std::filesystem::path file = folder / (name + ".yaml");
    const std::filesystem::path draft = file.string() + ".part";
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) {
        const std::string why = std::strerror(errno);
        std::filesystem::remove(draft, code);
        return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + why);
    }
    std::filesystem::rename(draft, file, code);
    if (code) {
        return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + code.message());
    }
    return file;
}

}  // namespace tessera::cli
