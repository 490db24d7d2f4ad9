#pragma once

/// Ctrl+C and SIGTERM as a call on a thread of their own. Made first in main(), so that every later thread has the
/// signals blocked; one per process. The first signal calls the handler that is set, or ends the program with exit code
/// 130 when none is; the second always ends it.

#include <functional>
#include <mutex>
#include <thread>

namespace tessera::cli {

class InterruptWatch {
  public:
    InterruptWatch();
    ~InterruptWatch();
    InterruptWatch(const InterruptWatch&) = delete;
    InterruptWatch& operator=(const InterruptWatch&) = delete;

    /// An empty handler takes the last one back; it is not running any more when this returns.
    void setHandler(std::function<void()> handler);

  private:
    void watch();

    std::mutex mutex_;
    std::function<void()> handler_;  // guarded by mutex_, called under it
    int signals_ = -1;
    int stop_ = -1;
    std::thread thread_;
};

}  // namespace tessera::cli
