#pragma once

/// A session whose client speaks to PostgreSQL itself. What comes in clear and needs not be looked at would cost two
/// reads and two writes of the gateway's for each statement, half of what a short one costs in all: instead PostgreSQL
/// gets the client's socket (fdw/pg/handover.c). What stays here is the client's place among the connections, its
/// cancel key, and that it is known whose session it is, for as long as the session lasts.
///
/// Coroutines of the session's loop.

#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/backend.h"
#include "nodeservice/gateway/cancel_registry.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/event_loop.h"
#include "nodeservice/identity/session_registry.h"

#include <memory>

namespace tessera::gateway {

/// Gives the session its client's socket; true when PostgreSQL has it, and has told the client that it is ready. When
/// not, the session is as before.
Task<Result<bool>> handOver(Channel& session, const Channel& client, const identity::ContextSigner& signer);

class HandedOver final : public Closable, public std::enable_shared_from_this<HandedOver> {
  public:
    struct Parts {
        /// To the session; ends with it.
        std::unique_ptr<Channel> session;
        Admission::Ticket ticket;
        CancelRegistry::Entry cancel_key;
        identity::SessionRegistry::Entry use;
    };

    static void start(EventLoop& loop, Parts parts);

    HandedOver(EventLoop& loop, Parts parts);
    ~HandedOver() override;

    HandedOver(const HandedOver&) = delete;
    HandedOver& operator=(const HandedOver&) = delete;

    /// Lets go of it: the session is PostgreSQL's to end.
    void shutdown() override;

  private:
    Task<> untilItsEnd();

    EventLoop& loop_;
    Parts parts_;
};

}  // namespace tessera::gateway
