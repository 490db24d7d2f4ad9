#include "agent/signin/session.h"

#include "common/log.h"
#include "nodeservice/client/agent_sentences.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QUrl>
#include <algorithm>
#include <utility>

namespace tessera::agent {

namespace {

namespace says = client::agent_says;

constexpr std::chrono::minutes kSignInTime{10};
// What is handed out must survive its way to the node and a clock that differs.
constexpr std::chrono::milliseconds kLeastLeft{10000};
// Of what a discovery URL listed.
constexpr std::chrono::seconds kNodesLife{60};
constexpr std::chrono::milliseconds kLockPause{50};
constexpr int kLockTries = 600;
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kVerifierBytes = 32;

/// Of profile, issuer and client: a grant is good for just these.
std::string grantName(const Profile& profile) {
    const QByteArray digest = QCryptographicHash::hash(
        QByteArray::fromStdString(profile.issuer + "\n" + profile.client), QCryptographicHash::Sha256);
    return "grant-" + profile.name + "-" + digest.toHex().left(12).toStdString();
}

/// In [0, 1), even.
double chance() {
    return QRandomGenerator::global()->generateDouble();
}

std::string scopeOf(const Profile& profile) {
    std::string text;
    for (const std::string& scope : profile.scopes) {
        text += (text.empty() ? "" : " ") + scope;
    }
    return text;
}

}  // namespace

/// A sign-in under way.
struct Session::SignIn {
    Done<Person> done = {};
    /// Instead of `done`, when it is for a grant.
    Done<Secret> granted = {};
    std::string nonce = {};
    std::string verifier = {};
    std::unique_ptr<RedirectReceiver> receiver = {};
    Secret device_code = {};
    std::chrono::seconds interval{5};
    QTimer timer;
    QTimer deadline;
};

Session::Session(Profile profile, SealedStore& store)
    : profile_(std::move(profile)), store_(store), grant_name_(grantName(profile_)), client_(profile_) {
    refresh_timer_.setSingleShot(true);
    lock_timer_.setSingleShot(true);
    QObject::connect(&refresh_timer_, &QTimer::timeout, &refresh_timer_, [this] { refreshDue(); });
    QObject::connect(&lock_timer_, &QTimer::timeout, &lock_timer_, [this] { refreshNext(); });
    loadGrant();
}

Session::~Session() {
    cancelSignIn();
    const Error gone = fail(ErrorCode::kUnavailable, "the profile '" + profile_.name + "' is no longer there");
    while (!waiting_.empty()) {
        answerWaiting(std::string(waiting_.begin()->first), &gone);
    }
}

void Session::loadGrant() {
    auto kept = store_.get(grant_name_);
    if (!kept) {
        note_ = kept.error().describe();
        log::warn("grant.unreadable", {{"profile", profile_.name}, {"reason", kept.error().message}});
        return;
    }
    if (!*kept) {
        refresh_token_ = Secret();
        return;
    }
    const QJsonObject grant = QJsonDocument::fromJson(QByteArray::fromStdString((*kept)->reveal())).object();
    const auto text = [&grant](const char* name) { return grant.value(QLatin1String(name)).toString().toStdString(); };
    refresh_token_ = Secret(text("refresh_token"));
    person_ = {text("subject"), text("name")};
    signed_in_ = !refresh_token_.empty();
}

Result<> Session::saveGrant() {
    const QJsonObject grant{{QStringLiteral("subject"), QString::fromStdString(person_.subject)},
                            {QStringLiteral("name"), QString::fromStdString(person_.name)},
                            {QStringLiteral("refresh_token"), QString::fromStdString(refresh_token_.reveal())}};
    return store_.put(grant_name_, Secret(QJsonDocument(grant).toJson(QJsonDocument::Compact).toStdString()));
}

std::int64_t Session::accessUntil() const {
    std::chrono::system_clock::time_point newest{};
    for (const auto& [audience, token] : access_) {
        newest = std::max(newest, token.life.end());
    }
    return std::chrono::duration_cast<std::chrono::seconds>(newest.time_since_epoch()).count();
}

std::vector<std::string> Session::audiences() const {
    std::vector<std::string> all;
    const auto add = [&all](const std::string& audience) {
        if (!audience.empty() && std::find(all.begin(), all.end(), audience) == all.end()) {
            all.push_back(audience);
        }
    };
    add(profile_.audience);
    for (const ProfileNode& node : profile_.nodes) {
        add(node.audience);
    }
    return all;
}

// --- signing in ------------------------------------------------------------------------------------------------------

void Session::begin() {
    cancelSignIn();
    sign_in_ = std::make_shared<SignIn>();
    sign_in_->nonce = randomText(kNonceBytes);
    sign_in_->verifier = randomText(kVerifierBytes);
    sign_in_->timer.setSingleShot(true);
    sign_in_->deadline.setSingleShot(true);
    QObject::connect(&sign_in_->deadline, &QTimer::timeout, &sign_in_->deadline, [this] {
        failSignIn(fail(ErrorCode::kDeadlineExceeded, says::said(says::kNobodySignedIn), says::said(says::kTryAgain)));
    });
    sign_in_->deadline.start(kSignInTime);
}

void Session::signInByBrowser(OnStep on_step, Done<Person> done) {
    begin();
    sign_in_->done = std::move(done);
    startBrowser(std::move(on_step));
}

void Session::signInByDevice(OnStep on_step, Done<Person> done) {
    begin();
    sign_in_->done = std::move(done);
    startDevice(std::move(on_step));
}

void Session::signInForGrant(bool by_device, OnStep on_step, Done<Secret> done) {
    if (!signed_in_) {
        done(fail(ErrorCode::kUnauthenticated, says::said(says::kNotSignedIn, {profile_.name}),
                  says::said(says::kRunLogin, {profile_.name})));
        return;
    }
    begin();
    sign_in_->granted = std::move(done);
    if (by_device) {
        startDevice(std::move(on_step));
    } else {
        startBrowser(std::move(on_step));
    }
}

void Session::revokeGrant(const Secret& token) {
    client_.revoke(token, [](const Result<bool>&) {});
}

void Session::startBrowser(OnStep on_step) {
    client_.endpoints([this, on_step = std::move(on_step),
                       current = std::weak_ptr(sign_in_)](Result<Endpoints> endpoints) {
        if (current.expired()) {
            return;
        }
        if (!endpoints || endpoints->authorization.empty()) {
            failSignIn(endpoints ? fail(ErrorCode::kUnimplemented, says::said(says::kNoPage)) : endpoints.error());
            return;
        }
        const std::string state = randomText(kNonceBytes);
        auto receiver = RedirectReceiver::listen(
            {state, endpoints->names_issuer ? profile_.issuer : std::string()}, [this](Result<std::string> code) {
                if (!code) {
                    failSignIn(code.error());
                    return;
                }
                const std::vector<std::string> all = audiences();
                client_.exchangeCode(*code, sign_in_->verifier, sign_in_->receiver->address(),
                                     all.empty() ? std::string() : all.front(),
                                     [this, current = std::weak_ptr(sign_in_)](Result<TokenAnswer> answer) {
                                         if (!current.expired()) {
                                             finishSignIn(std::move(answer));
                                         }
                                     });
            });
        if (!receiver) {
            failSignIn(receiver.error());
            return;
        }
        sign_in_->receiver = std::move(*receiver);
        OidcClient::Parameters parameters{{"response_type", "code"},
                                          {"client_id", profile_.client},
                                          {"redirect_uri", sign_in_->receiver->address()},
                                          {"scope", scopeOf(profile_)},
                                          {"state", state},
                                          {"nonce", sign_in_->nonce},
                                          // Without it a provider may give no refresh token (OpenID Connect Core, 11).
                                          {"prompt", "consent"},
                                          {"code_challenge", codeChallenge(sign_in_->verifier)},
                                          {"code_challenge_method", "S256"}};
        for (const std::string& audience : audiences()) {
            parameters.emplace_back("resource", audience);
        }
        const char* joint = endpoints->authorization.find('?') == std::string::npos ? "?" : "&";
        on_step({endpoints->authorization + joint + formEncode(parameters), {}, {}});
    });
}

void Session::startDevice(OnStep on_step) {
    sign_in_->nonce.clear();
    client_.authorizeDevice(
        scopeOf(profile_), audiences(),
        [this, on_step = std::move(on_step), current = std::weak_ptr(sign_in_)](Result<DeviceAnswer> device) {
            if (current.expired()) {
                return;
            }
            if (!device) {
                failSignIn(device.error());
                return;
            }
            sign_in_->device_code = std::move(device->device_code);
            sign_in_->interval = device->interval;
            sign_in_->deadline.start(device->life);
            on_step({device->url, device->user_code, device->complete_url});
            QObject::connect(&sign_in_->timer, &QTimer::timeout, &sign_in_->timer, [this] { pollDevice(); });
            sign_in_->timer.start(sign_in_->interval);
        });
}

void Session::pollDevice() {
    const std::vector<std::string> all = audiences();
    client_.pollDevice(sign_in_->device_code, all.empty() ? std::string() : all.front(),
                       [this, current = std::weak_ptr(sign_in_)](Result<TokenAnswer> answer) {
                           if (current.expired()) {
                               return;
                           }
                           const std::string why = answer ? std::string() : answer.error().detail;
                           const bool is_away = !answer && answer.error().code == ErrorCode::kUnavailable;
                           if (why == "slow_down") {
                               sign_in_->interval += std::chrono::seconds(5);
                           }
                           if (why == "authorization_pending" || why == "slow_down" || is_away) {
                               sign_in_->timer.start(sign_in_->interval);
                               return;
                           }
                           finishSignIn(std::move(answer));
                       });
}

void Session::finishSignIn(Result<TokenAnswer> answer) {
    if (!sign_in_) {
        return;
    }
    if (!answer) {
        failSignIn(answer.error());
        return;
    }
    auto person = readIdToken(answer->id_token, profile_, sign_in_->nonce);
    if (!person) {
        failSignIn(person.error());
        return;
    }
    if (sign_in_->granted) {
        auto grant = grantOf(*answer, *person);
        const Done<Secret> granted = std::move(sign_in_->granted);
        sign_in_.reset();
        granted(std::move(grant));
        return;
    }
    access_.clear();
    person_ = *person;
    refresh_token_ = std::move(answer->refresh_token);
    signed_in_ = true;
    note_.clear();
    if (refresh_token_.empty()) {
        note_ = says::said(says::kNoRefreshToken);
    } else if (const Result<> saved = saveGrant(); !saved) {
        note_ = says::said(says::kEndsWithAgent, {saved.error().message});
    }
    log::info("signin.done", {{"profile", profile_.name}, {"subject", person_.subject}});
    const std::vector<std::string> all = audiences();
    keep(all.empty() ? std::string() : all.front(), std::move(*answer));
    schedule();
    const Done<Person> done = std::move(sign_in_->done);
    sign_in_.reset();
    done(person_);
}

Result<Secret> Session::grantOf(TokenAnswer& answer, const Person& person) const {
    if (answer.refresh_token.empty()) {
        return fail(ErrorCode::kFailedPrecondition, says::said(says::kNoGrantToken),
                    "it must allow the scope offline_access to the client '" + profile_.client + "'");
    }
    if (person.subject != person_.subject) {
        return fail(ErrorCode::kPermissionDenied,
                    says::said(says::kSomebodyElse, {person.name.empty() ? person.subject : person.name,
                                                     person_.name.empty() ? person_.subject : person_.name}),
                    says::said(says::kSamePerson));
    }
    return std::move(answer.refresh_token);
}

void Session::failSignIn(Error error) {
    if (!sign_in_) {
        return;
    }
    log::info("signin.failed", {{"profile", profile_.name}, {"reason", error.message}});
    const Done<Person> done = std::move(sign_in_->done);
    const Done<Secret> granted = std::move(sign_in_->granted);
    sign_in_.reset();
    if (granted) {
        granted(std::move(error));
    } else {
        done(std::move(error));
    }
}

void Session::cancelSignIn() {
    if (sign_in_) {
        failSignIn(fail(ErrorCode::kCancelled, says::said(says::kGivenUp)));
    }
}

void Session::signOut(Done<std::string> done) {
    cancelSignIn();
    const Secret token = refresh_token_.copy();
    forget("you have signed out");
    if (token.empty()) {
        done(std::string());
        return;
    }
    client_.revoke(token, [done = std::move(done)](Result<bool> revoked) {
        done(revoked ? std::string() : "the identity provider could not be told: " + revoked.error().message);
    });
}

void Session::forget(const std::string& why) {
    log::info("signin.ended", {{"profile", profile_.name}, {"reason", why}});
    signed_in_ = false;
    refresh_token_ = Secret();
    access_.clear();
    person_ = {};
    note_ = why;
    refresh_timer_.stop();
    if (const Result<> removed = store_.remove(grant_name_); !removed) {
        note_ += "; " + removed.error().message;
    }
}

// --- access tokens ---------------------------------------------------------------------------------------------------

void Session::keep(const std::string& audience, TokenAnswer answer) {
    access_.insert_or_assign(
        audience, AccessToken{std::move(answer.access_token), TokenLife(Moment::now(), answer.life, chance())});
}

void Session::schedule() {
    const Moment now = Moment::now();
    std::optional<std::chrono::milliseconds> next;
    for (const auto& [audience, token] : access_) {
        const auto wait = std::max(token.life.untilNext(now), std::chrono::milliseconds(0));
        next = next ? std::min(*next, wait) : wait;
    }
    if (next && !refresh_token_.empty()) {
        refresh_timer_.start(*next);
    }
}

void Session::refreshDue() {
    const Moment now = Moment::now();
    std::vector<std::string> due;
    for (const auto& [audience, token] : access_) {
        if (token.life.untilNext(now) <= std::chrono::milliseconds(0)) {
            due.push_back(audience);
        }
    }
    if (due.empty()) {
        schedule();
    }
    for (const std::string& audience : due) {
        refresh(audience);
    }
}

void Session::accessToken(const std::string& audience, Done<Secret> done) {
    if (!signed_in_) {
        done(fail(ErrorCode::kUnauthenticated,
                  note_.empty() ? says::said(says::kNotSignedIn, {profile_.name})
                                : says::said(says::kNotSignedInAnyMore, {profile_.name, note_}),
                  says::said(says::kRunLogin, {profile_.name})));
        return;
    }
    const auto found = access_.find(audience);
    if (found != access_.end() &&
        found->second.life.left(Moment::now()) > std::min(kLeastLeft, found->second.life.life() / 4)) {
        done(found->second.token.copy());
        return;
    }
    if (refresh_token_.empty()) {
        forget(note_);
        done(fail(ErrorCode::kUnauthenticated, says::said(says::kHasEnded, {profile_.name}),
                  says::said(says::kRunLogin, {profile_.name})));
        return;
    }
    waiting_[audience].push_back(std::move(done));
    refresh(audience);
}

void Session::refresh(const std::string& audience) {
    if (refresh_token_.empty() || std::find(wanted_.begin(), wanted_.end(), audience) != wanted_.end()) {
        return;
    }
    wanted_.push_back(audience);
    if (wanted_.size() == 1) {
        lock_tries_ = 0;
        refreshNext();
    }
}

void Session::refreshNext() {
    if (wanted_.empty()) {
        return;
    }
    const std::string audience = wanted_.front();
    lock_ = store_.tryLock(grant_name_);
    if (lock_ || !store_.isPersistent()) {
        refreshLocked(audience);
    } else if (++lock_tries_ < kLockTries) {
        lock_timer_.start(kLockPause);
    } else {
        refreshed(audience, fail(ErrorCode::kUnavailable, "another agent does not stop refreshing the sign-in"));
    }
}

void Session::refreshLocked(const std::string& audience) {
    // Another agent may have used the token and kept its successor, or have signed out.
    if (store_.isPersistent()) {
        loadGrant();
        if (refresh_token_.empty()) {
            forget(says::said(says::kOtherAgentSignedOut));
            refreshed(audience, fail(ErrorCode::kUnauthenticated, says::said(says::kOtherAgentSignedOut)));
            return;
        }
    }
    client_.refresh(refresh_token_, audience,
                    [this, audience](Result<TokenAnswer> answer) { refreshed(audience, std::move(answer)); });
}

void Session::refreshed(const std::string& audience, Result<TokenAnswer> answer) {
    std::optional<Error> error;
    if (!answer) {
        error = answer.error();
        note_ = error->message;
        log::warn("refresh.failed", {{"profile", profile_.name}, {"reason", error->message}});
        if (error->detail == "invalid_grant" && signed_in_) {
            forget(says::said(says::kProviderEndedIt));
            error = fail(ErrorCode::kUnauthenticated, says::said(says::kProviderEndedIt),
                         says::said(says::kRunLogin, {profile_.name}));
        }
    } else if (!signed_in_) {
        // The person has signed out meanwhile: what came is not kept, and its grant was revoked.
        error = fail(ErrorCode::kUnauthenticated, says::said(says::kSignedOut));
    } else {
        note_.clear();
        if (!answer->refresh_token.empty()) {
            refresh_token_ = std::move(answer->refresh_token);
            if (const Result<> saved = saveGrant(); !saved) {
                note_ = says::said(says::kEndsWithAgent, {saved.error().message});
                log::error("grant.unsaved", {{"profile", profile_.name}, {"reason", saved.error().message}});
            }
        }
        keep(audience, std::move(*answer));
    }
    lock_.reset();
    std::erase(wanted_, audience);
    answerWaiting(audience, error ? &*error : nullptr);
    if (const auto kept = access_.find(audience); error && kept != access_.end()) {
        kept->second.life.refreshFailed(Moment::now(), chance());
    }
    if (signed_in_) {
        schedule();
    }
    lock_tries_ = 0;
    refreshNext();
}

void Session::answerWaiting(const std::string& audience, const Error* error) {
    const auto found = waiting_.find(audience);
    if (found == waiting_.end()) {
        return;
    }
    const std::vector<Done<Secret>> waiting = std::move(found->second);
    waiting_.erase(found);
    for (const Done<Secret>& done : waiting) {
        if (error != nullptr) {
            done(*error);
        } else {
            done(access_.at(audience).token.copy());
        }
    }
}

void Session::findNodes(Nodes wanted, Done<bool> done) {
    if (profile_.discovery.empty()) {
        done(true);
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (wanted == Nodes::kKnown && !profile_.nodes.empty()) {
        done(true);
        if (now - listed_at_ < kNodesLife) {
            return;
        }
        done = [](const Result<bool>&) {};
    }
    listed_at_ = now;
    client_.fetch(profile_.discovery, [this, done = std::move(done)](Result<std::string> page) {
        auto nodes = page ? parseDiscovery(*page, profile_) : Result<std::vector<ProfileNode>>(page.error());
        nodes_note_ = nodes ? std::string() : nodes.error().message;
        if (!nodes) {
            done(nodes.error());
            return;
        }
        profile_.nodes = std::move(*nodes);
        done(true);
    });
}

}  // namespace tessera::agent
