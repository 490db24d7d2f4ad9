#include "plugins/sdk/dialect_file/dialect_file.h"

#include "common/strings.h"
#include "plugins/sdk/dialect_file/keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

namespace tessera::dialect {

namespace {

constexpr std::array kExtensible = {&kSqlServer, &kOracle, &kTeradata, &kDb2, &kGeneric, &kIntegers};

/// Far more than any dialect says.
constexpr std::uintmax_t kMostBytes = 4 * 1024 * 1024;

Error badFile(ErrorCode code, std::string message, std::string hint = {}) {
    Error error = fail(code, std::move(message), std::move(hint));
    error.sqlstate = "HV00D";  // fdw_invalid_option_name, as for a wrong value of the option that names the file
    return error;
}

bool isName(const std::string& name) {
    return !name.empty() && name.size() <= 63 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

/// What tells one state of a file from the next.
struct Stamp {
    timespec changed{};
    off_t size = 0;
    ino_t inode = 0;

    bool operator==(const Stamp& other) const {
        return changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec &&
               size == other.size && inode == other.inode;
    }
};

Result<Stamp> stampOf(const std::string& file) {
    struct stat state {};

    if (::stat(file.c_str(), &state) != 0) {
        return badFile(ErrorCode::kNotFound,
                       "cannot read the dialect file '" + file + "': " + std::generic_category().message(errno));
    }
    if (!S_ISREG(state.st_mode) || static_cast<std::uintmax_t>(state.st_size) > kMostBytes) {
        return badFile(ErrorCode::kInvalidArgument, "'" + file + "' is no dialect file",
                       "such a file is a few kilobytes of YAML");
    }
    return Stamp{state.st_ctim, state.st_size, state.st_ino};
}

Result<FileReading> readFrom(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    if (!stream) {
        return badFile(ErrorCode::kPermissionDenied, "cannot read the dialect file '" + file.string() +
                                                         "': " + std::generic_category().message(errno));
    }
    return readFile(text.str(), file.filename().string(), file.stem().string());
}

Result<const Dialect*> readNew(const std::filesystem::path& file) {
    FileReading read = TSR_TRY(readFrom(file));
    if (read.errors.empty()) {
        return read.dialect;
    }
    Error first = std::move(read.errors.front());
    for (std::size_t i = 1; i < read.errors.size(); ++i) {
        first.detail += (i == 1 ? "" : "\n") + read.errors[i].message;
    }
    first.sqlstate = "HV00D";
    return first;
}

}  // namespace

std::span<const Dialect* const> extensible() {
    return kExtensible;
}

std::vector<std::string> extensibleNames() {
    std::vector<std::string> names;
    for (const Dialect* dialect : kExtensible) {
        names.emplace_back(dialect->name);
    }
    return names;
}

Result<std::filesystem::path> fileOf(const std::string& folder, const std::string& name) {
    const std::string known = join(extensibleNames(), ", ");
    if (!isName(name)) {
        return badFile(ErrorCode::kInvalidArgument, "'" + name + "' is not a dialect's name",
                       "it may be one of " + known +
                           ", or the name of a dialect file without '.yaml': lower-case letters, digits, '_' and '-'");
    }
    if (folder.empty()) {
        return badFile(ErrorCode::kNotFound, "there is no dialect '" + name + "'",
                       "it may be one of " + known + "; a folder of dialect files is not configured");
    }
    std::filesystem::path file = std::filesystem::path(folder) / (name + ".yaml");
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return badFile(ErrorCode::kNotFound, "there is no dialect '" + name + "'",
                       "it may be one of " + known + ", or a file '" + file.string() + "'");
    }
    return file;
}

Result<const Dialect*> load(const std::filesystem::path& file) {
    // Never destroyed: what was read is pointed to until the program ends.
    static auto* known = new std::map<std::string, std::pair<Stamp, const Dialect*>>;
    const Stamp stamp = TSR_TRY(stampOf(file.string()));
    const auto found = known->find(file.string());
    if (found != known->end() && found->second.first == stamp) {
        return found->second.second;
    }
    const Dialect* dialect = TSR_TRY(readNew(file));
    (*known)[file.string()] = {stamp, dialect};
    return dialect;
}

std::vector<Error> checkFolder(const std::filesystem::path& folder) {
    std::vector<Error> errors;
    std::error_code problem;
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
        if (entry.path().extension() == ".yaml") {
            files.insert(entry.path());
        }
    }
    if (problem) {
        errors.push_back(
            badFile(ErrorCode::kNotFound, "cannot read the folder '" + folder.string() + "': " + problem.message()));
    }
    for (const std::filesystem::path& file : files) {
        if (const auto stamp = stampOf(file.string()); !stamp) {
            errors.push_back(stamp.error());
            continue;
        }
        auto read = readFrom(file);
        if (!read) {
            errors.push_back(std::move(read).error());
            continue;
        }
        std::move(read->errors.begin(), read->errors.end(), std::back_inserter(errors));
        if (const std::string name = file.stem().string(); !isName(name)) {
            errors.push_back(badFile(ErrorCode::kInvalidArgument, "'" + name + "' is not a dialect's name",
                                     "rename the file: lower-case letters, digits, '_' and '-'"));
        }
    }
    return errors;
}

Result<const Dialect*> findOrLoad(std::string_view name_or_file) {
    return name_or_file.starts_with('/') ? load(std::filesystem::path(name_or_file)) : find(name_or_file);
}

}  // namespace tessera::dialect
