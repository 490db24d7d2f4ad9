#include "nodeservice/identity/delegation/broker.h"

#include "common/log.h"

#include <sys/socket.h>

#include <utility>

namespace tessera::identity {

namespace {

constexpr std::string_view kProtocol = "tessera-delegation 1\n";
constexpr std::size_t kMostRequestBytes = std::size_t{128} << 10;

std::string oneLine(std::string text) {
    for (char& c : text) {
        c = c == '\n' ? ' ' : c;
    }
    return text;
}

}  // namespace

Result<std::unique_ptr<DelegationBroker>> DelegationBroker::start(const std::filesystem::path& path,
                                                                  const DelegationIssuer& issuer) {
    std::unique_ptr<DelegationBroker> made(new DelegationBroker(issuer));
    made->door_ = TSR_TRY(LocalDoor::open(path, "delegation", [broker = made.get()](const FileDescriptor& connection) {
        broker->answer(connection.get());
    }));
    return made;
}

void DelegationBroker::answer(int socket) const {
    const std::string request = readRequest(socket, kMostRequestBytes);
    const std::size_t audience_end = request.find('\n', kProtocol.size());
    if (!request.starts_with(kProtocol) || audience_end == std::string::npos) {
        return;
    }
    const std::string audience = request.substr(kProtocol.size(), audience_end - kProtocol.size());
    const auto token = issuer_.issue(std::string_view(request).substr(audience_end + 1), audience);
    std::string answer;
    if (token) {
        answer = "token " + token->reveal();
    } else {
        log::info("delegation.refused", {{"audience", audience}, {"reason", token.error().message}});
        const char* state = token.error().code == ErrorCode::kUnauthenticated    ? "28000"
                            : token.error().code == ErrorCode::kPermissionDenied ? "42501"
                                                                                 : "54000";
        answer = std::string("refused ") + state + "\n" + oneLine(token.error().message) + "\n" +
                 oneLine(token.error().hint);
    }
    (void)::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace tessera::identity
