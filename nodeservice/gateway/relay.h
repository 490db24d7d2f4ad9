#pragma once

/// Two channels joined: what one side sends, the other gets, unparsed; where PostgreSQL's sessions are kept for reuse,
/// their messages' headers are looked at. A relay owns itself until both directions have ended. A slow reader slows the
/// writer down: nothing is kept but what one read gave.
///
/// Belongs to its loop's thread.

#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/backend_pool.h"
#include "nodeservice/gateway/cancel_registry.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/event_loop.h"
#include "nodeservice/gateway/listener.h"
#include "nodeservice/gateway/session_tracker.h"
#include "nodeservice/identity/session_registry.h"
#include "nodeservice/identity/stranger_registry.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace tessera::gateway {

class Relay final : public Closable, public std::enable_shared_from_this<Relay> {
  public:
    /// Sees what the client sends before the server does; false ends the relay.
    using Inspector = std::function<bool(std::string_view)>;

    /// What becomes of a PostgreSQL session that its client leaves clean.
    struct Reuse {
        BackendPool& pool;
        std::string key;
        std::shared_ptr<const std::string> context;
        std::string greeting;
        CancelKey backend_key;
        SessionTracker tracker = {};
    };

    /// A connection for calls: somebody must sign in on it, within a time if there is one.
    struct Probation {
        identity::StrangerRegistry& strangers;
        std::string connection;
        std::optional<std::chrono::milliseconds> time;
        /// When nobody has.
        std::function<void()> on_end;
        /// When somebody has, in the thread that signed in.
        std::function<void()> on_sign_in;
    };

    struct Parts {
        std::unique_ptr<Channel> client;
        std::unique_ptr<Channel> server;
        Admission::Ticket ticket;
        std::optional<CancelRegistry::Entry> cancel_key = std::nullopt;
        Inspector inspect = {};
        std::optional<Reuse> reuse = std::nullopt;
        std::optional<identity::SessionRegistry::Entry> use = std::nullopt;
        std::optional<Probation> probation = std::nullopt;
        /// Where the client came in; null for connections that do not come from a client.
        std::shared_ptr<const Listener> listener = nullptr;
    };

    static void start(EventLoop& loop, Parts parts);

    Relay(EventLoop& loop, Parts parts);
    ~Relay() override;

    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void shutdown() override;
    void certificatesChanged() override;

  private:
    /// One direction's reading.
    struct Flow {
        explicit Flow(boost::asio::io_context& loop) : pause(loop) {}

        /// There is nothing more to read as far as one knows.
        bool is_drained = false;
        /// Of a long transfer: bytes that came in large pieces since a small one.
        std::size_t in_a_row = 0;
        bool has_paused = false;
        boost::asio::steady_timer pause;
    };

    static Task<> waitForMore(Channel& from, Flow& flow);
    static Task<> pauseAMoment(Flow& flow);
    static std::ptrdiff_t readFrom(Channel& from, Flow& flow, char* into, std::size_t most);

    Task<> fromClient();
    Task<> fromServer();
    Task<> keepServer();
    Task<> sayFarewell();
    void endClient();
    void beginProbation();

    EventLoop& loop_;
    Parts parts_;
    /// After the ticket that it changes.
    std::optional<identity::StrangerRegistry::Entry> stranger_;
    boost::asio::steady_timer probation_;
    /// The server's session is no longer the client's.
    bool is_left_ = false;
    bool client_ended_ = false;
    /// How long a client may keep its place after the server has ended.
    boost::asio::steady_timer farewell_;
};

}  // namespace tessera::gateway
