#include "tests/support/data_template.h"

#include "common/process.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace tessera {

namespace fs = std::filesystem;

namespace {

Result<> copyTree(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
    if (error) {
        return fail(ErrorCode::kInternal,
                    "cannot copy '" + from.string() + "' to '" + to.string() + "': " + error.message());
    }
    return {};
}

}  // namespace

Result<> copyDataTemplate(const std::string& name, const ServiceUser& user, const fs::path& target,
                          const std::function<Result<>()>& make) {
    const fs::path folder = fs::path(TESSERA_BUILD_DIR) / "test-templates";
    const fs::path finished = folder / name;
    std::error_code error;
    fs::create_directories(folder, error);
    const FileDescriptor lock(::open((folder / (name + ".lock")).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
        return fail(ErrorCode::kInternal, "cannot lock the data templates in '" + folder.string() +
                                              "': " + std::generic_category().message(errno));
    }
    if (!fs::exists(finished, error)) {
        TSR_TRY(make());
        const fs::path fresh = folder / (name + ".new");
        fs::remove_all(fresh, error);
        TSR_TRY(copyTree(target, fresh));
        fs::rename(fresh, finished, error);
        return error
                   ? Result<>(fail(ErrorCode::kInternal, "cannot keep '" + finished.string() + "': " + error.message()))
                   : Result<>();
    }
    if (::flock(lock.get(), LOCK_UN) != 0) {
        return fail(ErrorCode::kInternal, "cannot unlock the data templates in '" + folder.string() + "'");
    }
    TSR_TRY(copyTree(finished, target));
    return giveTo(user, target);
}

}  // namespace tessera
