#include "agent/signin/oidc_client.h"

#include "nodeservice/client/agent_sentences.h"

#include <openssl/rand.h>

#include <QByteArray>
#include <QCryptographicHash>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QSslCertificate>
#include <QUrl>
#include <algorithm>
#include <cstdlib>
#include <memory>

namespace tessera::agent {

namespace {

namespace says = client::agent_says;

constexpr int kMostBytes = 256 << 10;
constexpr std::chrono::milliseconds kPatience{15000};
// What an access token lives when its provider does not say.
constexpr std::chrono::seconds kUsualLife{300};
constexpr std::chrono::seconds kLongestLife{24 * 3600};
constexpr qint64 kSkewSeconds = 60;

Error unexpected(const std::string& what) {
    return fail(ErrorCode::kUnavailable, "the identity provider " + what);
}

QByteArray bytesOf(const std::string& text) {
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string textOf(const QJsonObject& object, const char* name) {
    return object.value(QLatin1String(name)).toString().toStdString();
}

std::optional<QJsonObject> parseObject(const QByteArray& json) {
    const QJsonDocument document = QJsonDocument::fromJson(json);
    return document.isObject() ? std::optional<QJsonObject>(document.object()) : std::nullopt;
}

/// Of an answer that is not 200: what the provider says, in its words, with its code as the detail.
Error refusalOf(int status, const QJsonObject& answer) {
    const std::string code = textOf(answer, "error").substr(0, 80);
    const std::string description = textOf(answer, "error_description").substr(0, 300);
    if (code.empty()) {
        return unexpected("answered with HTTP status " + std::to_string(status));
    }
    Error error = fail(status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kUnauthenticated,
                       says::said(says::kProviderSays, {description.empty() ? code : description + " (" + code + ")"}));
    error.detail = code;
    return error;
}

}  // namespace

std::string randomText(std::size_t bytes) {
    QByteArray random(static_cast<qsizetype>(bytes), '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1) {
        std::abort();
    }
    return random.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals).toStdString();
}

std::string codeChallenge(const std::string& verifier) {
    return QCryptographicHash::hash(bytesOf(verifier), QCryptographicHash::Sha256)
        .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals)
        .toStdString();
}

std::string formEncode(const OidcClient::Parameters& parameters) {
    QByteArray form;
    for (const auto& [name, value] : parameters) {
        form +=
            (form.isEmpty() ? "" : "&") + bytesOf(name) + "=" + QUrl::toPercentEncoding(QString::fromStdString(value));
    }
    return form.toStdString();
}

Result<Endpoints> parseEndpoints(const std::string& json, const std::string& issuer) {
    const auto document = parseObject(bytesOf(json));
    if (!document) {
        return unexpected("'" + issuer + "' does not describe itself in JSON");
    }
    if (textOf(*document, "issuer") != issuer) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the identity provider calls itself '" + textOf(*document, "issuer") + "', not '" + issuer + "'",
                    "the profile's issuer must be written exactly like that");
    }
    Endpoints endpoints{textOf(*document, "authorization_endpoint"), textOf(*document, "token_endpoint"),
                        textOf(*document, "device_authorization_endpoint"), textOf(*document, "revocation_endpoint"),
                        document->value(QLatin1String("authorization_response_iss_parameter_supported")).toBool()};
    for (const std::string& url :
         {endpoints.token, endpoints.authorization, endpoints.device_authorization, endpoints.revocation}) {
        if (!url.empty() && !isSafeUrl(url)) {
            return fail(ErrorCode::kFailedPrecondition,
                        "the identity provider names '" + url + "', which is not https");
        }
    }
    if (endpoints.token.empty()) {
        return unexpected("'" + issuer + "' names no token endpoint");
    }
    return endpoints;
}

Result<TokenAnswer> parseTokenAnswer(int status, const std::string& json) {
    const auto answer = parseObject(bytesOf(json));
    if (status != 200) {
        return refusalOf(status, answer.value_or(QJsonObject()));
    }
    TokenAnswer tokens;
    const std::string type = answer ? textOf(*answer, "token_type") : std::string();
    const QString bearer = QStringLiteral("bearer");
    if (!answer || textOf(*answer, "access_token").empty() ||
        QString::fromStdString(type).compare(bearer, Qt::CaseInsensitive) != 0) {
        return unexpected("answered without a bearer token");
    }
    tokens.access_token = Secret(textOf(*answer, "access_token"));
    tokens.refresh_token = Secret(textOf(*answer, "refresh_token"));
    tokens.id_token = Secret(textOf(*answer, "id_token"));
    const std::chrono::seconds life(answer->value(QLatin1String("expires_in")).toInteger(kUsualLife.count()));
    tokens.life = std::clamp(life, std::chrono::seconds(1), kLongestLife);
    return tokens;
}

Result<Person> readIdToken(const Secret& token, const Profile& profile, const std::string& nonce) {
    const QList<QByteArray> parts = bytesOf(token.reveal()).split('.');
    const auto claims = parts.size() == 3
                            ? parseObject(QByteArray::fromBase64(
                                  parts[1], QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals))
                            : std::nullopt;
    if (!claims) {
        return unexpected("gave an ID token that is none");
    }
    const QJsonValue audience = claims->value(QLatin1String("aud"));
    const QString client = QString::fromStdString(profile.client);
    const bool is_ours = audience.toString() == client || audience.toArray().contains(client);
    const qint64 expires = claims->value(QLatin1String("exp")).toInteger(0);
    if (textOf(*claims, "iss") != profile.issuer || !is_ours || textOf(*claims, "sub").empty() ||
        expires + kSkewSeconds < QDateTime::currentSecsSinceEpoch() ||
        (!nonce.empty() && textOf(*claims, "nonce") != nonce)) {
        return fail(ErrorCode::kUnauthenticated, "the identity provider's answer belongs to another sign-in");
    }
    Person person{textOf(*claims, "sub"), {}};
    for (const char* name : {"email", "preferred_username", "name"}) {
        if (person.name.empty()) {
            person.name = textOf(*claims, name);
        }
    }
    return person;
}

OidcClient::OidcClient(const Profile& profile) : profile_(profile), tls_(QSslConfiguration::defaultConfiguration()) {
    if (profile_.ca_file) {
        tls_.setCaCertificates(QSslCertificate::fromPath(QString::fromStdString(profile_.ca_file->string())));
    }
    network_.setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
    network_.setTransferTimeout(static_cast<int>(kPatience.count()));
}

QNetworkRequest OidcClient::requestOf(const std::string& url) const {
    QNetworkRequest request(QUrl::fromEncoded(bytesOf(url), QUrl::StrictMode));
    request.setSslConfiguration(tls_);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    request.setRawHeader("Accept", "application/json");
    return request;
}

void OidcClient::get(const std::string& url, Done<HttpAnswer> done) {
    handle(network_.get(requestOf(url)), url, std::move(done));
}

void OidcClient::post(const std::string& url, const Parameters& parameters, Done<HttpAnswer> done) {
    QNetworkRequest request = requestOf(url);
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/x-www-form-urlencoded"));
    handle(network_.post(request, bytesOf(formEncode(parameters))), url, std::move(done));
}

void OidcClient::handle(QNetworkReply* reply, const std::string& url, Done<HttpAnswer> done) {
    QObject::connect(reply, &QNetworkReply::downloadProgress, reply, [reply](qint64 received, qint64) {
        if (received > kMostBytes) {
            reply->abort();
        }
    });
    QObject::connect(reply, &QNetworkReply::finished, &network_, [reply, url, done = std::move(done)] {
        reply->deleteLater();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        if (status == 0 || reply->error() == QNetworkReply::OperationCanceledError) {
            done(fail(ErrorCode::kUnavailable, says::said(says::kNotReached, {url, reply->errorString().toStdString()}),
                      says::said(says::kIsItOnline)));
            return;
        }
        done(HttpAnswer{status, reply->readAll().toStdString()});
    });
}

void OidcClient::endpoints(Done<Endpoints> done) {
    if (endpoints_) {
        done(*endpoints_);
        return;
    }
    const std::string base = profile_.issuer.ends_with('/') ? profile_.issuer : profile_.issuer + "/";
    get(base + ".well-known/openid-configuration", [this, done = std::move(done)](Result<HttpAnswer> answer) {
        if (!answer) {
            done(answer.error());
            return;
        }
        if (answer->status != 200) {
            done(unexpected("'" + profile_.issuer + "' answered with HTTP status " + std::to_string(answer->status)));
            return;
        }
        auto parsed = parseEndpoints(answer->body, profile_.issuer);
        if (parsed) {
            endpoints_ = *parsed;
        }
        done(std::move(parsed));
    });
}

void OidcClient::fetch(const std::string& url, Done<std::string> done) {
    get(url, [url, done = std::move(done)](Result<HttpAnswer> answer) {
        if (!answer) {
            done(answer.error());
        } else if (answer->status != 200) {
            done(fail(ErrorCode::kUnavailable,
                      "'" + url + "' answered with HTTP status " + std::to_string(answer->status)));
        } else {
            done(std::move(answer->body));
        }
    });
}

void OidcClient::requestTokens(Parameters parameters, Done<TokenAnswer> done) {
    parameters.emplace_back("client_id", profile_.client);
    endpoints([this, parameters = std::move(parameters), done = std::move(done)](Result<Endpoints> found) {
        if (!found) {
            done(found.error());
            return;
        }
        post(found->token, parameters, [done](Result<HttpAnswer> answer) {
            done(answer ? parseTokenAnswer(answer->status, answer->body) : Result<TokenAnswer>(answer.error()));
        });
    });
}

void OidcClient::exchangeCode(const std::string& code, const std::string& verifier, const std::string& redirect,
                              const std::string& audience, Done<TokenAnswer> done) {
    Parameters parameters{
        {"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}, {"redirect_uri", redirect}};
    if (!audience.empty()) {
        parameters.emplace_back("resource", audience);
    }
    requestTokens(std::move(parameters), std::move(done));
}

void OidcClient::refresh(const Secret& refresh_token, const std::string& audience, Done<TokenAnswer> done) {
    Parameters parameters{{"grant_type", "refresh_token"}, {"refresh_token", refresh_token.reveal()}};
    if (!audience.empty()) {
        parameters.emplace_back("resource", audience);
    }
    requestTokens(std::move(parameters), std::move(done));
}

void OidcClient::authorizeDevice(const std::string& scope, const std::vector<std::string>& audiences,
                                 Done<DeviceAnswer> done) {
    endpoints([this, scope, audiences, done = std::move(done)](Result<Endpoints> found) {
        if (!found || found->device_authorization.empty()) {
            done(found ? fail(ErrorCode::kUnimplemented, "the identity provider does not sign in by device code",
                              "sign in by a browser on this machine")
                       : found.error());
            return;
        }
        Parameters parameters{{"client_id", profile_.client}, {"scope", scope}};
        for (const std::string& audience : audiences) {
            parameters.emplace_back("resource", audience);
        }
        post(found->device_authorization, parameters, [done](Result<HttpAnswer> answer) {
            if (!answer) {
                done(answer.error());
                return;
            }
            const QJsonObject body = parseObject(bytesOf(answer->body)).value_or(QJsonObject());
            if (answer->status != 200) {
                done(refusalOf(answer->status, body));
                return;
            }
            DeviceAnswer device{Secret(textOf(body, "device_code")), textOf(body, "user_code"),
                                textOf(body, "verification_uri"), textOf(body, "verification_uri_complete")};
            device.interval = std::chrono::seconds(std::clamp(body.value(QLatin1String("interval")).toInt(5), 1, 60));
            device.life = std::chrono::seconds(std::clamp(body.value(QLatin1String("expires_in")).toInt(600), 1, 3600));
            const bool is_whole = !device.device_code.empty() && !device.user_code.empty() && isSafeUrl(device.url);
            done(is_whole ? Result<DeviceAnswer>(std::move(device))
                          : unexpected("answered without a device code or a safe page for it"));
        });
    });
}

void OidcClient::pollDevice(const Secret& device_code, const std::string& audience, Done<TokenAnswer> done) {
    Parameters parameters{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                          {"device_code", device_code.reveal()}};
    if (!audience.empty()) {
        parameters.emplace_back("resource", audience);
    }
    requestTokens(std::move(parameters), std::move(done));
}

void OidcClient::revoke(const Secret& refresh_token, Done<bool> done) {
    // Asked for again here, so that the endpoint may come later than the copy of the token.
    auto token = std::make_shared<Secret>(refresh_token.copy());
    endpoints([this, token, done = std::move(done)](Result<Endpoints> found) {
        if (!found || found->revocation.empty()) {
            done(found ? fail(ErrorCode::kUnimplemented, "the identity provider does not revoke sign-ins")
                       : found.error());
            return;
        }
        const Parameters parameters{
            {"token", token->reveal()}, {"token_type_hint", "refresh_token"}, {"client_id", profile_.client}};
        post(found->revocation, parameters, [done](Result<HttpAnswer> answer) {
            if (!answer) {
                done(answer.error());
            } else if (answer->status != 200) {
                done(refusalOf(answer->status, parseObject(bytesOf(answer->body)).value_or(QJsonObject())));
            } else {
                done(true);
            }
        });
    });
}

}  // namespace tessera::agent
