#include "common/request_door.h"

#include <sys/socket.h>

#include <utility>

namespace tessera {

Result<std::unique_ptr<RequestDoor>> RequestDoor::open(Options options, Handler handler) {
    std::unique_ptr<RequestDoor> made(new RequestDoor(std::move(options), std::move(handler)));
    made->door_ =
        TSR_TRY(LocalDoor::open(made->options_.socket, made->options_.name,
                                [door = made.get()](FileDescriptor connection) { door->take(std::move(connection)); }));
    return made;
}

RequestDoor::RequestDoor(Options options, Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      workers_(options_.name, options_.threads, options_.threads) {}

RequestDoor::~RequestDoor() {
    door_.reset();
    workers_.stop();
}

void RequestDoor::take(FileDescriptor connection) {
    const auto shared = std::make_shared<FileDescriptor>(std::move(connection));
    // What does not fit is closed unheard: the other side says that the node is busy.
    (void)workers_.trySubmit([this, shared] { answer(shared->get()); });
}

void RequestDoor::answer(int connection) const {
    std::string request = readRequest(connection, options_.most_request_bytes);
    if (request.empty()) {
        return;
    }
    const std::string answer = handler_(std::move(request));
    for (std::size_t sent = 0; sent < answer.size();) {
        const ssize_t now = ::send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) {
            return;
        }
        sent += static_cast<std::size_t>(now);
    }
}

}  // namespace tessera
