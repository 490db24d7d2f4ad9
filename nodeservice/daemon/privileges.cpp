#include "nodeservice/daemon/privileges.h"

#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace tessera::node {

Result<> becomeUser(const ServiceUser& user) {
    if (::geteuid() != 0) {
        return {};
    }
    if (::initgroups(user.name.c_str(), user.gid) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) {
        return fail(ErrorCode::kPermissionDenied, "cannot become user '" + user.name + "': " + std::strerror(errno));
    }
    // If root can be had back, it was not given up.
    if (::setuid(0) == 0) {
        return fail(ErrorCode::kInternal, "root could not be given up");
    }
    ::setenv("HOME", user.home.c_str(), 1);
    // The folder we were started in may be closed to the user; children begin there.
    return ::chdir("/") == 0 ? Result<>() : fail(ErrorCode::kInternal, "cannot enter '/'");
}

}  // namespace tessera::node
