#pragma once

/// A listener's certificate and key, and what clients' certificates are checked against. Loaded anew by load():
/// sessions that run keep what they began with. Any thread may use one; contexts are shared and counted by OpenSSL.

#include "common/handle.h"
#include "common/result.h"

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace tessera::gateway {

struct TlsFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
    /// Clients may show a certificate of this authority.
    std::optional<std::filesystem::path> client_ca;
    /// But none of these, which that authority has revoked.
    std::optional<std::filesystem::path> client_crl = {};
};

class TlsContext {
  public:
    /// kInvalidArgument, naming the file, when one cannot be used.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);

    /// For the client's side: servers are checked against `authority` (PEM), else against the system's.
    static Result<std::shared_ptr<const TlsContext>> forClients(const std::optional<std::filesystem::path>& authority);

    SSL_CTX* get() const { return context_.get(); }

    /// Would a client that began now with the certificate which this session's client has shown be let in? Yes for who
    /// has shown none.
    bool stillTrusts(const SSL* session) const;

    /// For SCRAM's channel binding tls-server-end-point (RFC 5929).
    const std::string& endPoint() const { return end_point_; }

  private:
    TlsContext() = default;

    Handle<SSL_CTX, SSL_CTX_free> context_;
    std::string end_point_;
};

}  // namespace tessera::gateway
