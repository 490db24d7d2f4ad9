#include "nodeservice/daemon/privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace tessera::node {

namespace {

/// Whoever asked to take this process with them (PR_SET_PDEATHSIG) is obeyed still: the kernel forgets it when the user
/// changes.
class DeathOfParent {
  public:
    DeathOfParent() : parent_(::getppid()) { ::prctl(PR_GET_PDEATHSIG, &signal_); }

    void keep() const {
        if (signal_ == 0) {
            return;
        }
        ::prctl(PR_SET_PDEATHSIG, signal_);
        if (::getppid() != parent_) {
            ::raise(signal_);
        }
    }

  private:
    const pid_t parent_;
    int signal_ = 0;
};

}  // namespace

Result<> becomeUser(const ServiceUser& user) {
    if (::geteuid() != 0) {
        return {};
    }
    const DeathOfParent death;
    if (::initgroups(user.name.c_str(), user.gid) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) {
        return fail(ErrorCode::kPermissionDenied, "cannot become user '" + user.name + "': " + std::strerror(errno));
    }
    // If root can be had back, it was not given up.
    if (::setuid(0) == 0) {
        return fail(ErrorCode::kInternal, "root could not be given up");
    }
    death.keep();
    ::setenv("HOME", user.home.c_str(), 1);
    // The folder we were started in may be closed to the user; children begin there.
    return ::chdir("/") == 0 ? Result<>() : fail(ErrorCode::kInternal, "cannot enter '/'");
}

}  // namespace tessera::node
