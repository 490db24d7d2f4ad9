#include "app/cli/definition_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tessera::cli {

namespace {

Result<DefinitionFile> readFile(const std::filesystem::path& path, const FileKind& kind) {
    std::error_code code;
    if (const auto bytes = std::filesystem::file_size(path, code); !code && bytes > kind.most_bytes) {
        return fail(ErrorCode::kInvalidArgument, "'" + path.string() + "' is too large for the file of " + kind.what,
                    kind.what + " has at most " + std::to_string(kind.most_bytes >> 10U) + " kB");
    }
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad()) {
        return fail(ErrorCode::kInvalidArgument, "cannot read '" + path.string() + "': " + std::strerror(errno));
    }
    return DefinitionFile{path.string(), std::move(text)};
}

}  // namespace

Result<std::vector<DefinitionFile>> readDefinitionFiles(const std::vector<std::filesystem::path>& paths,
                                                        const FileKind& kind) {
    std::vector<DefinitionFile> files;
    for (const std::filesystem::path& path : paths) {
        std::error_code code;
        if (!std::filesystem::is_directory(path, code)) {
            files.push_back(TSR_TRY(readFile(path, kind)));
            continue;
        }
        std::vector<std::filesystem::path> found;
        for (std::filesystem::directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
            const auto& endings = kind.extensions;
            if (std::find(endings.begin(), endings.end(), entry->path().extension().string()) != endings.end()) {
                found.push_back(entry->path());
            }
        }
        if (code) {
            return fail(ErrorCode::kInvalidArgument,
                        "cannot read the folder '" + path.string() + "': " + code.message());
        }
        if (found.empty()) {
            return fail(ErrorCode::kInvalidArgument, "there is no file of " + kind.what + " (*" +
                                                         kind.extensions.front() + ") in '" + path.string() + "'");
        }
        std::sort(found.begin(), found.end());
        for (const std::filesystem::path& one : found) {
            files.push_back(TSR_TRY(readFile(one, kind)));
        }
    }
    return files;
}

}  // namespace tessera::cli
