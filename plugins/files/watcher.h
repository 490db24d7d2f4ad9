#pragma once

/// Interrupts a DuckDB connection when the person cancels while a call of the library does not return.
///
/// A thread, started with the first Scope, asks the host every 20 ms while a Scope stands and sleeps otherwise. It
/// blocks all signals and ends with the Watcher, which a session owns beside its connection and destroys before it.

#include "plugins/sdk/connector.h"

#include <duckdb.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace tessera::files {

class Watcher {
  public:
    Watcher(const TsrHost& host, duckdb_connection connection) : host_(host), connection_(connection) {}

    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Around calls that may take long. Not nested.
    class Scope {
      public:
        explicit Scope(Watcher& watcher) : watcher_(watcher) { watcher_.arm(true); }

        ~Scope() { watcher_.arm(false); }

        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        Watcher& watcher_;
    };

  private:
    void arm(bool armed);
    void run();

    const TsrHost& host_;
    const duckdb_connection connection_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool armed_ = false;    // guarded by mutex_
    bool stopped_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tessera::files
