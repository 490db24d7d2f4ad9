#pragma once

/// One profile's sign-in: the grant (a refresh token, sealed in the store), and access tokens, which never leave
/// memory.
///
/// Refresh tokens are used once: the provider answers with the next one, and takes a second use of the old one for
/// theft. Therefore one refresh is under way at a time, under a lock that other agents see, and the next token is on
/// the disk before anything else comes of the answer.
///
/// Main thread. What is handed out as `done` is called once, later.

#include "agent/keychain/sealed_store.h"
#include "agent/signin/oidc_client.h"
#include "agent/signin/redirect_receiver.h"
#include "agent/signin/refresh_time.h"

#include <QObject>
#include <QTimer>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::agent {

class Session {
  public:
    Session(Profile profile, SealedStore& store);
    /// Whoever still waits is told that the profile has gone.
    ~Session();

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Profile& profile() const { return profile_; }

    /// Another version of the profile's file; what identifies the grant must be the same.
    void setNodes(std::vector<ProfileNode> nodes) {
        if (profile_.discovery.empty()) {
            profile_.nodes = std::move(nodes);
        }
    }

    bool isSignedIn() const { return signed_in_; }

    bool isSigningIn() const { return sign_in_ != nullptr; }

    /// Is a refresh under way, which has used up its token?
    bool isRefreshing() const { return !wanted_.empty(); }

    const Person& person() const { return person_; }

    /// Why nobody is signed in any more, why a refresh fails, or why the nodes are not known; else empty.
    const std::string& note() const { return note_.empty() ? nodes_note_ : note_; }

    /// Seconds since 1970 until which the newest access token is good; 0 when there is none.
    std::int64_t accessUntil() const;

    /// What the person has to do.
    struct Step {
        std::string url;
        std::string code;
        std::string complete_url;
    };

    using OnStep = std::function<void(Step)>;

    void signInByBrowser(OnStep on_step, Done<Person> done);
    void signInByDevice(OnStep on_step, Done<Person> done);
    /// A sign-in beside the one there is, of the same person: its refresh token is handed out, and nothing of it is
    /// kept.
    void signInForGrant(bool by_device, OnStep on_step, Done<Secret> done);
    /// Ends what signInForGrant() gave, if nobody takes it.
    void revokeGrant(const Secret& token);
    /// Gives up a sign-in that is under way, if there is one.
    void cancelSignIn();

    /// Revokes and erases; answers with why the provider could not be told, or nothing.
    void signOut(Done<std::string> done);

    /// For the provider of a node's calls: an access token that is good for some time yet.
    void accessToken(const std::string& audience, Done<Secret> done);

    /// The nodes, listed by the discovery URL if there is one: as they were listed a while ago, in which case they are
    /// asked for again meanwhile, or as they are now. An error when they are not known; those that were known stay.
    enum class Nodes { kKnown, kNow };

    void findNodes(Nodes wanted, Done<bool> done);

  private:
    struct AccessToken {
        Secret token;
        TokenLife life;
    };

    struct SignIn;

    void loadGrant();
    Result<> saveGrant();
    std::vector<std::string> audiences() const;
    void begin();
    void startBrowser(OnStep on_step);
    void startDevice(OnStep on_step);
    Result<Secret> grantOf(TokenAnswer& answer, const Person& person) const;
    void pollDevice();
    void finishSignIn(Result<TokenAnswer> answer);
    void failSignIn(Error error);
    void keep(const std::string& audience, TokenAnswer answer);
    void schedule();
    void refreshDue();
    void refresh(const std::string& audience);
    void refreshNext();
    void refreshLocked(const std::string& audience);
    void refreshed(const std::string& audience, Result<TokenAnswer> answer);
    void answerWaiting(const std::string& audience, const Error* error);
    void forget(const std::string& why);

    Profile profile_;
    SealedStore& store_;
    const std::string grant_name_;
    OidcClient client_;
    bool signed_in_ = false;
    Person person_;
    Secret refresh_token_;
    std::string note_;
    std::string nodes_note_;
    std::chrono::steady_clock::time_point listed_at_{};
    std::map<std::string, AccessToken> access_;
    /// Shared only with what is asked for it: answers to a sign-in that is over are dropped.
    std::shared_ptr<SignIn> sign_in_;

    /// Whose refresh is asked for, in order; the first is under way.
    std::vector<std::string> wanted_;
    std::map<std::string, std::vector<Done<Secret>>> waiting_;
    std::optional<FileDescriptor> lock_;
    int lock_tries_ = 0;
    QTimer refresh_timer_;
    QTimer lock_timer_;
};

}  // namespace tessera::agent
