#include "nodeservice/daemon/policy_clock.h"

#include "common/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tessera::node {

Result<PolicyClock> PolicyClock::open(const std::filesystem::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    void* memory = MAP_FAILED;
    if (file && ::ftruncate(file.get(), sizeof(std::uint64_t)) == 0) {
        memory = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    }
    if (memory == MAP_FAILED) {
        return fail(ErrorCode::kFailedPrecondition, "cannot open '" + path.string() + "': " + std::strerror(errno),
                    "the data directory must be writable for the user the node runs as");
    }
    return PolicyClock(static_cast<std::uint64_t*>(memory));
}

PolicyClock::PolicyClock(PolicyClock&& other) noexcept : changes_(std::exchange(other.changes_, nullptr)) {}

PolicyClock::~PolicyClock() {
    if (changes_ != nullptr) {
        ::munmap(changes_, sizeof(std::uint64_t));
    }
}

std::uint64_t PolicyClock::now() const {
    return std::atomic_ref(*changes_).load();
}

void PolicyClock::advance() {
    std::atomic_ref(*changes_).fetch_add(1);
}

}  // namespace tessera::node
