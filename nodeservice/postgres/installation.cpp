#include "nodeservice/postgres/installation.h"

#include "common/process.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

namespace tessera::postgres {

namespace fs = std::filesystem;

namespace {

constexpr const char* kInstallHint =
    "install it with 'apt-get install postgresql-15' (./dev setup does), or name the folder of its programs";
constexpr const char* kStampFile = "made-of";

Error fileError(const char* what, const fs::path& path, const std::error_code& error) {
    return fail(error == std::errc::permission_denied ? ErrorCode::kPermissionDenied : ErrorCode::kInternal,
                std::string(what) + " '" + path.string() + "': " + error.message());
}

/// The first of the folders that holds the file: Debian's layout, then those of PostgreSQL built from source.
Result<fs::path> firstWith(const std::vector<fs::path>& folders, const char* file) {
    for (const fs::path& folder : folders) {
        std::error_code error;
        if (fs::exists(folder / file, error)) {
            return fs::weakly_canonical(folder);
        }
    }
    return fail(ErrorCode::kFailedPrecondition,
                "the PostgreSQL installation lacks '" + std::string(file) + "' in '" + folders.front().string() + "'",
                kInstallHint);
}

Result<> checkVersion(const fs::path& server) {
    const std::string text =
        TSR_TRY(runChecked({.arguments = {server.string(), "--version"}}, std::chrono::seconds(30)));
    const std::string wanted = "(PostgreSQL) " + std::to_string(kMajorVersion) + ".";
    if (text.find(wanted) == std::string::npos) {
        return fail(ErrorCode::kFailedPrecondition,
                    "'" + server.string() + "' is '" + text.substr(0, text.find('\n')) + "', not PostgreSQL " +
                        std::to_string(kMajorVersion),
                    kInstallHint);
    }
    return {};
}

Result<std::vector<fs::path>> filesOf(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::end(entry); entry.increment(error)) {
        files.push_back(entry->path());
    }
    if (error) {
        return fileError("cannot list", folder, error);
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool isOurExtensionFile(const fs::path& file) {
    const std::string name = file.filename().string();
    return name == "tessera_fdw.control" || (name.starts_with("tessera_fdw--") && name.ends_with(".sql"));
}

/// Name, size, time and inode of each file: what changes when one is rebuilt or upgraded.
Result<std::string> describeFiles(const std::vector<fs::path>& files) {
    std::ostringstream text;
    for (const fs::path& file : files) {
        struct stat status {};

        if (::stat(file.c_str(), &status) != 0) {
            return fileError("cannot read", file, std::error_code(errno, std::generic_category()));
        }
        text << file.string() << ' ' << status.st_size << ' ' << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec
             << ' ' << status.st_ino << '\n';
    }
    return text.str();
}

/// The tree's folders. They stand to each other as the system's do: the server finds them by that.
RuntimeTree layoutOf(const Installation& system, const fs::path& tree) {
    fs::path prefix;
    for (const fs::path& part : system.bin_directory) {
        const std::string next = (prefix / part / "").string();
        if (!system.library_directory.string().starts_with(next) ||
            !system.share_directory.string().starts_with(next)) {
            break;
        }
        prefix /= part;
    }
    const auto moved = [&](const fs::path& folder) { return tree / folder.lexically_relative(prefix); };
    return {{moved(system.bin_directory), moved(system.library_directory), moved(system.share_directory)},
            tree / "lib/tessera/connectors"};
}

class TreeBuilder {
  public:
    TreeBuilder(const RuntimeTreeOptions& options, fs::path root) : options_(options), root_(std::move(root)) {}

    Result<> build(const std::vector<fs::path>& extension_files, const std::vector<fs::path>& connector_files) {
        const auto [installation, connectors] = layoutOf(options_.system, root_);
        const auto& [bin, library, share] = installation;
        for (const fs::path& folder : {bin, library, share / "extension", connectors}) {
            TSR_TRY(makeFolder(folder));
        }
        for (const char* program : {"postgres", "initdb"}) {
            TSR_TRY(copy(options_.system.bin_directory / program, bin));
        }
        TSR_TRY(linkAll(options_.system.library_directory, library));
        TSR_TRY(linkAll(options_.system.share_directory, share));
        TSR_TRY(linkAll(options_.system.share_directory / "extension", share / "extension"));
        for (const fs::path& file : extension_files) {
            TSR_TRY(copy(file, isOurExtensionFile(file) ? share / "extension" : library));
        }
        for (const fs::path& file : connector_files) {
            TSR_TRY(copyOrLink(file, connectors));
        }
        return {};
    }

  private:
    static Result<> makeFolder(const fs::path& folder) {
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) {
            return fileError("cannot create folder", folder, error);
        }
        return {};
    }

    static Result<> copy(const fs::path& file, const fs::path& folder) {
        std::error_code error;
        const fs::path target = folder / file.filename();
        fs::remove(target, error);  // a link to the system's file of that name
        fs::copy_file(file, target, error);
        if (error) {
            return fileError("cannot copy", file, error);
        }
        return {};
    }

    static Result<> link(const fs::path& file, const fs::path& folder) {
        std::error_code error;
        fs::create_symlink(file, folder / file.filename(), error);
        if (error) {
            return fileError("cannot link", file, error);
        }
        return {};
    }

    static Result<> linkAll(const fs::path& from, const fs::path& to) {
        for (const fs::path& file : TSR_TRY(filesOf(from))) {
            std::error_code error;
            if (!fs::exists(fs::symlink_status(to / file.filename(), error))) {
                TSR_TRY(link(file, to));
            }
        }
        return {};
    }

    /// Our connectors are copied. A library that they load from their own folder may be large and is not ours to
    /// rebuild: a link to it is enough where the user can read it.
    Result<> copyOrLink(const fs::path& file, const fs::path& folder) const {
        std::error_code error;
        const fs::path target = fs::canonical(file, error);
        if (!error && !file.filename().string().starts_with("libtessera_") && TSR_TRY(canRead(options_.user, target))) {
            fs::create_symlink(target, folder / file.filename(), error);
            return error ? Result<>(fileError("cannot link", file, error)) : Result<>();
        }
        return copy(file, folder);
    }

    const RuntimeTreeOptions& options_;
    const fs::path root_;
};

/// The extension's and the connectors' files, each list complete or an Error that names what is missing.
Result<std::pair<std::vector<fs::path>, std::vector<fs::path>>> ourFiles(const RuntimeTreeOptions& options) {
    std::error_code error;
    for (const char* file : {"tessera_fdw.control", "tessera_fdw.so"}) {
        if (!fs::exists(options.extension_directory / file, error)) {
            return fail(ErrorCode::kFailedPrecondition,
                        "the extension's folder '" + options.extension_directory.string() + "' lacks '" + file + "'",
                        "build it, or name the folder it was installed into");
        }
    }
    std::vector<fs::path> extension;
    for (const fs::path& file : TSR_TRY(filesOf(options.extension_directory))) {
        if (isOurExtensionFile(file) || file.extension() == ".so") {
            extension.push_back(file);
        }
    }
    std::vector<fs::path> connectors;
    for (const fs::path& file : TSR_TRY(filesOf(options.connector_directory))) {
        if (file.filename().string().find(".so") != std::string::npos) {
            connectors.push_back(file);
        }
    }
    return std::pair(std::move(extension), std::move(connectors));
}

std::string contentOf(const fs::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

Result<Installation> findInstallation(const std::optional<fs::path>& bin_directory) {
    const fs::path bin = bin_directory.value_or("/usr/lib/postgresql/15/bin");
    for (const char* program : {"postgres", "initdb"}) {
        std::error_code error;
        if (!fs::exists(bin / program, error)) {
            return fail(ErrorCode::kFailedPrecondition,
                        "PostgreSQL 15 is not in '" + bin.string() + "': there is no '" + program + "'", kInstallHint);
        }
    }
    TSR_TRY(checkVersion(bin / "postgres"));
    Installation found;
    found.bin_directory = fs::weakly_canonical(bin);
    found.library_directory =
        TSR_TRY(firstWith({bin / "../lib", bin / "../lib/postgresql", bin / "../lib64"}, "plpgsql.so"));
    found.share_directory = TSR_TRY(firstWith(
        {bin / "../../../../share/postgresql/15", bin / "../share/postgresql", bin / "../share"}, "postgres.bki"));
    return found;
}

Result<RuntimeTree> makeRuntimeTree(const RuntimeTreeOptions& options) {
    const auto [extension, connectors] = TSR_TRY(ourFiles(options));
    std::vector<fs::path> all = extension;
    all.insert(all.end(), connectors.begin(), connectors.end());
    all.push_back(options.system.bin_directory / "postgres");
    all.push_back(options.system.share_directory / "extension");
    all.push_back(options.system.library_directory);
    const std::string stamp = TSR_TRY(describeFiles(all));
    if (contentOf(options.tree / kStampFile) == stamp) {
        return layoutOf(options.system, options.tree);
    }

    fs::path fresh = options.tree;
    fresh += ".new";
    std::error_code error;
    fs::remove_all(fresh, error);
    TSR_TRY(TreeBuilder(options, fresh).build(extension, connectors));
    // Last: a tree that was not finished has no stamp and is made again.
    std::ofstream(fresh / kStampFile) << stamp;
    TSR_TRY(giveTo(options.user, fresh));
    fs::remove_all(options.tree, error);
    fs::rename(fresh, options.tree, error);
    if (error) {
        return fileError("cannot put in place", options.tree, error);
    }
    return layoutOf(options.system, options.tree);
}

}  // namespace tessera::postgres
