#include "app/cli/job_files.h"

#include "app/cli/definition_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tessera::cli {

Result<std::vector<client::JobFile>> readJobFiles(const std::vector<std::filesystem::path>& paths) {
    std::vector<client::JobFile> files;
    for (DefinitionFile& file :
         TSR_TRY(readDefinitionFiles(paths, {"a job", {".yaml", ".yml"}, std::uintmax_t{1} << 20U}))) {
        files.push_back({std::move(file.origin), std::move(file.text)});
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
