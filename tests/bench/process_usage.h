#pragma once

/// What a process has used, from /proc.

#include "common/result.h"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace tessera::bench {

/// A line of its status ("VmRSS", "VmHWM"), in MB.
Result<double> memoryOf(pid_t process, const std::string& name);

/// From now on VmHWM, the most that it has had, counts anew. Of one's own processes, or as root.
Result<> forgetPeakOf(pid_t process);

/// Processor time of all its threads so far, in microseconds.
Result<double> processorTimeOf(pid_t process);

/// How often its threads of now have gone to sleep by themselves so far, each of which ends in being woken.
Result<std::uint64_t> sleepsOf(pid_t process);

}  // namespace tessera::bench
