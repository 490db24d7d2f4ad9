#pragma once

/// What the kernel says of a process or of the machine (proc(5)).

#include <cstdlib>
#include <fstream>
#include <string>

namespace tessera {

/// A line of a file such as /proc/meminfo or /proc/PID/status, in kB; -1 where there is none.
inline long kilobytesOf(const std::string& file, const std::string& name) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + ":")) {
            return std::atol(line.c_str() + name.size() + 1);
        }
    }
    return -1;
}

/// What could be allocated now without swapping.
inline long availableMegabytes() {
    return kilobytesOf("/proc/meminfo", "MemAvailable") / 1024;
}

}  // namespace tessera
