#pragma once

/// The end of a sign-in in the browser (RFC 8252): one address on 127.0.0.1, for one answer. Main thread.

#include "agent/signin/oidc_client.h"

#include <QTcpServer>
#include <functional>
#include <string>

class QTcpSocket;

namespace tessera::agent {

class RedirectReceiver {
  public:
    struct Expected {
        std::string state;
        /// Of RFC 9207, where the provider promises it; else empty.
        std::string issuer;
    };

    /// Listens on a port that the system chooses. `done` is called with the code, once.
    static Result<std::unique_ptr<RedirectReceiver>> listen(Expected expected, Done<std::string> done);

    /// "http://127.0.0.1:PORT/cb"
    const std::string& address() const { return address_; }

  private:
    RedirectReceiver(Expected expected, Done<std::string> done)
        : expected_(std::move(expected)), done_(std::move(done)) {}

    void serve(QTcpSocket& socket);

    const Expected expected_;
    Done<std::string> done_;
    std::string address_;
    QTcpServer server_;
};

/// The code of a request's target ("/cb?code=…&state=…"); kNotFound when it is not the provider's answer to this
/// sign-in, and then the real one is still waited for.
Result<std::string> codeOf(const std::string& target, const RedirectReceiver::Expected& expected);

}  // namespace tessera::agent
