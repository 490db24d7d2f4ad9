#include "nodeservice/gateway/handover.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <sys/socket.h>

#include <cstring>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

// "It may come", and "it is in place"; see fdw/pg/handover.c.
constexpr char kNoData = 'n';

/// With one byte, which says nothing.
bool sendSocket(int through, int socket) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof socket)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof socket);
    std::memcpy(CMSG_DATA(header), &socket, sizeof socket);
    return ::sendmsg(through, &message, MSG_NOSIGNAL) == 1;
}

}  // namespace

Task<Result<bool>> handOver(Channel& session, const Channel& client, const identity::ContextSigner& signer) {
    const auto challenge = co_await askForChallenge(session);
    if (!challenge) {
        co_return challenge.error();
    }
    const auto signature = signer.signAdoption(*challenge);
    if (!signature) {
        co_return signature.error();
    }
    const std::string statement = extendedQuery("SELECT tessera.adopt_client($1)", {*signature});
    bool there = co_await session.write(statement);
    bool is_sent = false;
    while (there) {
        const auto message = co_await nextMessage(session);
        there = message.has_value();
        if (there && message->type == 'Z') {
            co_return false;
        }
        if (there && message->type == kNoData && is_sent) {
            co_return true;
        }
        if (there && message->type == kNoData) {
            is_sent = sendSocket(session.descriptor(), client.descriptor());
            there = is_sent;
        }
    }
    co_return tessera::fail(ErrorCode::kUnavailable, "the session ended while it was handed over");
}

void HandedOver::start(EventLoop& loop, Parts parts) {
    auto session = std::make_shared<HandedOver>(loop, std::move(parts));
    asio::co_spawn(
        loop.context(), [session] { return session->untilItsEnd(); }, asio::detached);
}

HandedOver::HandedOver(EventLoop& loop, Parts parts) : loop_(loop), parts_(std::move(parts)) {
    loop_.add(*this);
}

HandedOver::~HandedOver() {
    loop_.remove(*this);
}

void HandedOver::shutdown() {
    parts_.session->shutdown();
}

Task<> HandedOver::untilItsEnd() {
    // The frame keeps it, which the function object that made it does not.
    const auto self = shared_from_this();
    bool going = true;
    while (going) {
        going = co_await parts_.session->needMore();
        parts_.session->consume(parts_.session->buffered().size());
    }
}

}  // namespace tessera::gateway
