#pragma once

/// The user that database servers run as. PostgreSQL and MariaDB refuse to run as root, so when we are root they run as
/// a system user without a login (made by the packages, or by `./dev setup`); when we are not, they run as ourselves.
///
/// Thread: any.

#include "common/result.h"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace tessera {

inline constexpr const char* kServiceUserName = "tessera";

struct ServiceUser {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::filesystem::path home;

    /// What ProcessOptions::run_as takes: the name when we are root, else empty.
    std::string runAs() const;
};

/// The user `name` when we are root, else ourselves. kFailedPrecondition with a hint when it is missing.
Result<ServiceUser> serviceUser(const std::string& name = kServiceUserName);

/// Makes `path` and all below it the user's own (symbolic links themselves, never their targets). Nothing to do unless
/// root.
Result<> giveTo(const ServiceUser& user, const std::filesystem::path& path);

/// Creates a folder (and its parents, which stay ours) that only the user can enter.
Result<> makePrivateDirectory(const ServiceUser& user, const std::filesystem::path& path);

/// Whether the user can read a file, or list and enter a folder, judged by the kernel.
Result<bool> canRead(const ServiceUser& user, const std::filesystem::path& path);

}  // namespace tessera
