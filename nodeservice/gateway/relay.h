#pragma once

/// Two channels joined: what one side sends, the other gets, unparsed. A relay owns itself until both directions have
/// ended. A slow reader slows the writer down: nothing is kept but what one read gave.
///
/// Belongs to its loop's thread.

#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/cancel_registry.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/event_loop.h"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace tessera::gateway {

class Relay final : public Closable, public std::enable_shared_from_this<Relay> {
  public:
    /// Sees what the client sends before the server does; false ends the relay.
    using Inspector = std::function<bool(std::string_view)>;

    struct Parts {
        std::unique_ptr<Channel> client;
        std::unique_ptr<Channel> server;
        Admission::Ticket ticket;
        std::optional<CancelRegistry::Entry> cancel_key;
        Inspector inspect;
    };

    static void start(EventLoop& loop, Parts parts);

    Relay(EventLoop& loop, Parts parts);
    ~Relay() override;

    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void shutdown() override;

  private:
    Task<> pump(Channel& from, Channel& to, const Inspector& inspect);

    EventLoop& loop_;
    Parts parts_;
};

}  // namespace tessera::gateway
