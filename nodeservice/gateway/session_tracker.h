#pragma once

/// Follows a PostgreSQL session from outside to say whether it may be used again: only when its client said goodbye at
/// a message's end, when everything that was asked has been answered, and when no transaction is open. It looks at
/// messages' headers and at ReadyForQuery's status; whatever it does not understand is no. Pure; fuzzed (tests/fuzz).

#include "nodeservice/gateway/postgres_protocol.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::gateway {

class SessionTracker {
  public:
    /// How many of these bytes are for the server: all, or those before the goodbye, which is kept from it.
    std::size_t fromClient(std::string_view bytes);
    void fromServer(std::string_view bytes);

    /// Has the client said goodbye?
    bool hasEnded() const { return ended_; }

    bool isClean() const;

    /// Is the server's last message whole? Then another can be put behind it.
    bool isServerBetween() const { return server_.isBetween(); }

  private:
    /// Cuts a stream into messages.
    struct Framing {
        char header[kMessageHeaderBytes] = {};
        std::size_t header_bytes = 0;
        std::uint64_t body_left = 0;

        bool isBetween() const { return header_bytes == 0 && body_left == 0; }
    };

    /// Of the bytes, those of the header or the body that is under way; `began`: the message's type once its header is
    /// whole.
    std::size_t advance(Framing& framing, std::string_view bytes, char& began);
    void clientSends(char type);

    Framing client_;
    Framing server_;
    bool ended_ = false;
    bool broken_ = false;
    /// Between messages of the extended protocol and their Sync.
    bool unsynced_ = false;
    /// ReadyForQuery that is still to come. The first came before the session was handed to its client.
    std::uint64_t owed_ = 0;
    char server_type_ = 0;
    char status_ = 'I';
};

}  // namespace tessera::gateway
