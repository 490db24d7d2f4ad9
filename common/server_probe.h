#pragma once

/// Whether a PostgreSQL server, or a node's gateway, is there for new connections: it is asked for TLS, which each
/// answers with one byte before anything else (PostgreSQL's manual, "SSL Session Encryption"). Nobody signs in. A
/// server that was stopped (SIGSTOP), or whose machine hangs, takes connections by way of its kernel, and says nothing.

#include "common/process.h"

#include <chrono>
#include <memory>
#include <string>

struct addrinfo;

namespace tessera {

/// One thread.
class ServerProbe {
  public:
    enum class State {
        /// It has not said anything yet.
        kAsking,
        /// Something has come from it, be it that it closes.
        kAnswers,
        /// Its machine is there, and nobody listens.
        kRefuses,
    };

    /// Begins to ask; does not wait unless `host` is a name, which is looked up: its addresses are tried one after the
    /// other, as libpq does ("localhost" is often ::1 first). Where it can't even be asked, it stays kAsking.
    ServerProbe(const std::string& host, const std::string& port);

    /// Waits for at most so long.
    State poll(std::chrono::milliseconds time);

  private:
    struct FreeAddresses {
        void operator()(addrinfo* found) const;
    };

    /// At the next address that can be tried; at none if there is none.
    void begin();
    /// There is no answer from this address.
    void fail(int error);

    std::unique_ptr<addrinfo, FreeAddresses> addresses_;
    const addrinfo* next_ = nullptr;
    FileDescriptor socket_;
    bool has_asked_ = false;
    bool is_refused_ = false;
    State state_ = State::kAsking;
};

/// Asks, and waits for at most so long.
ServerProbe::State probeServer(const std::string& host, const std::string& port, std::chrono::milliseconds time);

}  // namespace tessera
