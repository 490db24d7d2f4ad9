#include "common/service_user.h"

#include "common/process.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tessera {

namespace fs = std::filesystem;

namespace {

Error pathError(const char* what, const fs::path& path, const std::string& reason) {
    return fail(ErrorCode::kPermissionDenied, std::string(what) + " '" + path.string() + "': " + reason);
}

Result<> giveOne(const ServiceUser& user, const fs::path& path) {
    if (::lchown(path.c_str(), user.uid, user.gid) != 0) {
        return pathError("cannot change the owner of", path, std::generic_category().message(errno));
    }
    return {};
}

}  // namespace

std::string ServiceUser::runAs() const {
    return ::geteuid() == 0 && uid != 0 ? name : std::string();
}

Result<ServiceUser> serviceUser(const std::string& name) {
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const bool root = ::geteuid() == 0;
    const int status = root ? ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)
                            : ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
    if (status == 0 && found != nullptr) {
        return ServiceUser{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir};
    }
    if (root) {
        return fail(ErrorCode::kFailedPrecondition,
                    "database servers cannot run as root, and there is no system user '" + name + "' to run them",
                    "create it with './dev setup' or 'useradd --system --create-home --home-dir /var/lib/" + name +
                        " " + name + "', or start as an ordinary user");
    }
    // A container may run us under a number that has no name.
    return ServiceUser{std::to_string(::geteuid()), ::geteuid(), ::getegid(), "/"};
}

Result<> giveTo(const ServiceUser& user, const fs::path& path) {
    if (::geteuid() != 0) {
        return {};
    }
    TSR_TRY(giveOne(user, path));
    std::error_code error;
    if (fs::is_symlink(path, error) || !fs::is_directory(path, error)) {
        return {};
    }
    for (fs::recursive_directory_iterator entry(path, error); !error && entry != fs::end(entry);
         entry.increment(error)) {
        TSR_TRY(giveOne(user, entry->path()));
    }
    if (error) {
        return pathError("cannot list", path, error.message());
    }
    return {};
}

Result<> makePrivateDirectory(const ServiceUser& user, const fs::path& path) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
        return pathError("cannot create folder", path.parent_path(), error.message());
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return pathError("cannot create folder", path, std::generic_category().message(errno));
    }
    if (::chmod(path.c_str(), 0700) != 0) {
        return pathError("cannot change the mode of", path, std::generic_category().message(errno));
    }
    if (::geteuid() == 0) {
        TSR_TRY(giveOne(user, path));
    }
    return {};
}

Result<bool> canRead(const ServiceUser& user, const fs::path& path) {
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    std::vector<std::string> test = {"test", "-r", path.string()};
    if (folder) {
        test.insert(test.end(), {"-a", "-x", path.string()});
    }
    const ProcessResult result =
        TSR_TRY(run({.arguments = std::move(test), .run_as = user.runAs()}, std::chrono::seconds(30)));
    return result.status.ok();
}

}  // namespace tessera
