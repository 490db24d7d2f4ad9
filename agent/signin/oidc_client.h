#pragma once

/// What is asked of one identity provider: its endpoints and tokens. Answers are bounded in time and size, redirects
/// are not followed, and every address must be https, or of this machine.
///
/// Main thread. `done` is called once, later; not at all when the client goes first.

#include "agent/profile/profiles.h"
#include "common/result.h"
#include "common/secret.h"

#include <QNetworkAccessManager>
#include <QObject>
#include <QSslConfiguration>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

class QJsonObject;
class QNetworkReply;
class QNetworkRequest;

namespace tessera::agent {

template <class T>
using Done = std::function<void(Result<T>)>;

struct Endpoints {
    std::string authorization;
    std::string token;
    /// The following may be empty.
    std::string device_authorization;
    std::string revocation;
    /// Does it name itself in its redirects (RFC 9207)?
    bool names_issuer = false;
};

struct TokenAnswer {
    Secret access_token;
    std::chrono::seconds life{0};
    /// May be empty: then the old one goes on.
    Secret refresh_token;
    /// May be empty.
    Secret id_token;
};

struct DeviceAnswer {
    Secret device_code;
    std::string user_code;
    std::string url;
    std::string complete_url;
    std::chrono::seconds interval{5};
    std::chrono::seconds life{0};
};

/// Who a person is, as an ID token says; for display alone.
struct Person {
    std::string subject;
    std::string name;
};

class OidcClient {
  public:
    explicit OidcClient(const Profile& profile);

    /// Asked for once, then remembered.
    void endpoints(Done<Endpoints> done);

    using Parameters = std::vector<std::pair<std::string, std::string>>;

    void exchangeCode(const std::string& code, const std::string& verifier, const std::string& redirect,
                      const std::string& audience, Done<TokenAnswer> done);
    /// An error's `detail` is the provider's code for it: "invalid_grant".
    void refresh(const Secret& refresh_token, const std::string& audience, Done<TokenAnswer> done);
    void authorizeDevice(const std::string& scope, const std::vector<std::string>& audiences, Done<DeviceAnswer> done);
    void pollDevice(const Secret& device_code, const std::string& audience, Done<TokenAnswer> done);
    /// Of RFC 7009.
    void revoke(const Secret& refresh_token, Done<bool> done);

    /// A page of JSON, as it is.
    void fetch(const std::string& url, Done<std::string> done);

  private:
    struct HttpAnswer {
        int status = 0;
        std::string body;
    };

    void get(const std::string& url, Done<HttpAnswer> done);
    void post(const std::string& url, const Parameters& parameters, Done<HttpAnswer> done);
    void handle(QNetworkReply* reply, const std::string& url, Done<HttpAnswer> done);
    void requestTokens(Parameters parameters, Done<TokenAnswer> done);
    QNetworkRequest requestOf(const std::string& url) const;

    const Profile profile_;
    QSslConfiguration tls_;
    std::optional<Endpoints> endpoints_;
    QNetworkAccessManager network_;
};

/// What the provider's discovery document says. Its issuer must be `issuer`, byte for byte.
Result<Endpoints> parseEndpoints(const std::string& json, const std::string& issuer);
Result<TokenAnswer> parseTokenAnswer(int status, const std::string& json);

/// The ID token's claims, after a check of issuer, audience, nonce (unless empty) and expiry. Its signature is not
/// looked at: it came from the provider itself over TLS (OpenID Connect Core, 3.1.3.7), and nothing is granted by it.
Result<Person> readIdToken(const Secret& token, const Profile& profile, const std::string& nonce);

/// Random, and safe in URLs: `bytes` of entropy.
std::string randomText(std::size_t bytes);
/// S256 of RFC 7636.
std::string codeChallenge(const std::string& verifier);
/// "a=b&c=d" with everything but letters and digits escaped.
std::string formEncode(const OidcClient::Parameters& parameters);

}  // namespace tessera::agent
