#include "agent/agent.h"

#include "agent/keychain/keychain.h"
#include "agent/relay/job_grant.h"
#include "common/log.h"
#include "common/strings.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tessera::agent {

namespace {

constexpr std::chrono::seconds kLookAtSignIns{15};

}  // namespace

Agent::Agent(client::AgentPaths paths) : paths_(std::move(paths)) {}

Agent::~Agent() {
    // Who waits for a token is told, while the ports' thread is there to hear it; that thread asks until it has ended.
    sessions_.clear();
    ports_.reset();
    notices_.reset();
}

void Agent::start() {
    openKeychain(context_, paths_.state_directory.filename().string(),
                 [this](Result<Secret> key) { keychainOpened(std::move(key)); });
}

void Agent::keychainOpened(Result<Secret> key) {
    if (store_) {
        keychainCame(std::move(key));
        return;
    }
    if (!key) {
        storage_note_ = key.error().message + "; sign-ins and passwords of ports end with the agent";
        log::warn("keychain.none", {{"reason", key.error().message}});
    }
    open(key ? std::move(*key) : Secret());
    for (const std::function<void()>& task : std::exchange(until_ready_, {})) {
        task();
    }
}

void Agent::keychainCame(Result<Secret> key) {
    const bool is_used = std::any_of(sessions_.begin(), sessions_.end(), [](const auto& session) {
        return session->isSignedIn() || session->isSigningIn();
    });
    if (!key) {
        storage_note_ = key.error().message + "; sign-ins and passwords of ports end with the agent";
    } else if (is_used) {
        storage_note_ =
            "the keychain came too late for this sign-in, which ends with the agent; it is used from its next start on";
    } else {
        storage_note_.clear();
        sessions_.clear();
        ports_.reset();
        read_at_ = {};
        open(std::move(*key));
    }
    log::info("keychain.late", {{"persistent", store_->isPersistent()}, {"note", storage_note_}});
}

void Agent::open(Secret key) {
    store_ = std::make_unique<SealedStore>(paths_.state_directory, std::move(key));
    if (const Result<> loaded = loadProfilesIfChanged(); !loaded) {
        log::warn("profiles.unreadable", {{"reason", loaded.error().message}});
    }
    ports_ = std::make_unique<LocalPorts>(*this, *store_, paths_.state_directory, paths_.runtime_directory);
    ports_->openSaved();
    if (!notices_) {
        notices_ = std::make_unique<NoticeBoard>(*this, paths_.state_directory);
        QObject::connect(&notices_timer_, &QTimer::timeout, &context_, [this] { followNotices(); });
        notices_timer_.start(kLookAtSignIns);
    }
    followNotices();
    log::info("agent.ready", {{"profiles", sessions_.size()}, {"persistent", store_->isPersistent()}});
}

void Agent::post(std::function<void()> task) {
    QMetaObject::invokeMethod(
        &context_,
        [this, task = std::move(task)] {
            if (ports_) {
                task();
            } else {
                until_ready_.push_back(task);
            }
        },
        Qt::QueuedConnection);
}

void Agent::followNotices() {
    std::set<NoticeFollower::Target> targets;
    for (const auto& session : sessions_) {
        if (session->isSignedIn()) {
            for (const ProfileNode& node : session->profile().nodes) {
                targets.emplace(session->profile().name, node.name);
            }
        }
    }
    notices_->follow(targets);
}

Result<> Agent::loadProfilesIfChanged() {
    std::error_code error;
    const auto written = std::filesystem::last_write_time(paths_.profiles_file, error);
    if (!error && written == read_at_) {
        return {};
    }
    std::vector<Profile> profiles = TSR_TRY(loadProfiles(paths_.profiles_file));
    std::vector<std::unique_ptr<Session>> sessions;
    for (Profile& profile : profiles) {
        const auto same = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
            return session && session->profile().name == profile.name && session->profile().issuer == profile.issuer &&
                   session->profile().client == profile.client && session->profile().scopes == profile.scopes &&
                   session->profile().audience == profile.audience && session->profile().ca_file == profile.ca_file &&
                   session->profile().discovery == profile.discovery;
        });
        if (same != sessions_.end()) {
            (*same)->setNodes(std::move(profile.nodes));
            sessions.push_back(std::move(*same));
        } else {
            sessions.push_back(std::make_unique<Session>(std::move(profile), *store_));
        }
    }
    std::erase(sessions_, nullptr);
    sessions_.swap(sessions);
    read_at_ = written;
    return {};
}

Result<Session*> Agent::session(const std::string& profile) {
    TSR_TRY(loadProfilesIfChanged());
    std::vector<std::string> names;
    for (const auto& session : sessions_) {
        if (session->profile().name == profile || (profile.empty() && sessions_.size() == 1)) {
            return session.get();
        }
        names.push_back(session->profile().name);
    }
    if (profile.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    "'" + paths_.profiles_file.string() + "' has " + std::to_string(names.size()) + " profiles",
                    "name one of them: " + join(names, ", "));
    }
    return fail(ErrorCode::kNotFound, "'" + paths_.profiles_file.string() + "' has no profile '" + profile + "'",
                suggestion(profile, names));
}

void Agent::find(std::string profile, std::string node, std::function<void(Result<NodeAccess>)> done) {
    post([this, profile = std::move(profile), node = std::move(node), done = std::move(done)] {
        findNow(profile, node, done);
    });
}

void Agent::findNow(const std::string& profile, const std::string& node, std::function<void(Result<NodeAccess>)> done) {
    const Result<Session*> found = session(profile);
    if (!found) {
        done(found.error());
        return;
    }
    Session* session = *found;
    const auto sign_in = [session, node, done](const Result<bool>& listed) {
        const Result<ProfileNode> address =
            listed ? session->profile().node(node) : Result<ProfileNode>(listed.error());
        if (!address) {
            done(address.error());
            return;
        }
        session->accessToken(address->audience, [done, address = *address](Result<Secret> token) {
            if (!token) {
                done(token.error());
            } else {
                done(NodeAccess{address, std::move(*token)});
            }
        });
    };
    // One that is not known may be new.
    const bool is_known = session->profile().node(node).has_value();
    session->findNodes(is_known ? Session::Nodes::kKnown : Session::Nodes::kNow, sign_in);
}

/// Meshes whose nodes are listed elsewhere are asked first: after a start nothing is known of them.
void Agent::status(Done<client::AgentStatus> done) {
    const Result<> loaded = loadProfilesIfChanged();
    const std::string fault = loaded ? std::string() : loaded.error().message;
    const auto left = std::make_shared<std::size_t>(1);
    const auto next = [this, left, fault, done = std::move(done)](const Result<bool>&) {
        if (--*left == 0) {
            done(statusNow(fault));
        }
    };
    for (const auto& session : sessions_) {
        if (session->isSignedIn()) {
            ++*left;
            session->findNodes(Session::Nodes::kNow, next);
        }
    }
    next(true);
}

client::AgentStatus Agent::statusNow(const std::string& fault) const {
    client::AgentStatus status;
    status.version = TESSERA_VERSION;
    status.pid = ::getpid();
    status.profiles_file = paths_.profiles_file.string();
    status.log_file = (paths_.state_directory / "agent.log").string();
    status.is_persistent = store_->isPersistent();
    status.storage_note = storage_note_;
    if (!fault.empty()) {
        status.storage_note += (status.storage_note.empty() ? "" : "; ") + fault;
    }
    for (const auto& session : sessions_) {
        const Profile& profile = session->profile();
        client::AgentProfile shown{
            profile.name,           profile.issuer,  session->isSignedIn(),  session->person().subject,
            session->person().name, session->note(), session->accessUntil(), {}};
        for (const ProfileNode& node : profile.nodes) {
            shown.nodes.emplace_back(node.name, node.address);
        }
        status.profiles.push_back(std::move(shown));
    }
    return status;
}

void Agent::login(const std::string& profile, bool by_device, Session::OnStep on_step, Done<client::SignedIn> done) {
    const Result<Session*> found = session(profile);
    if (!found) {
        done(found.error());
        return;
    }
    Session* session = *found;
    const auto finished = [this, session, done = std::move(done)](Result<Person> person) {
        if (!person) {
            done(person.error());
            return;
        }
        const std::string note = session->note().empty() ? storage_note_ : session->note();
        // The nodes of the mesh are known from now on, or the reason why not.
        session->findNodes(Session::Nodes::kNow, [this, session, person = *person, note, done](Result<bool> listed) {
            followNotices();
            done(client::SignedIn{session->profile().name, person.subject, person.name,
                                  listed ? note : listed.error().message});
        });
    };
    if (by_device) {
        session->signInByDevice(std::move(on_step), finished);
    } else {
        session->signInByBrowser(std::move(on_step), finished);
    }
}

void Agent::grantJob(const client::JobGrantWish& wish, Session::OnStep on_step, Done<client::JobGranted> done) {
    const Result<Session*> found = session(wish.profile);
    if (!found) {
        done(found.error());
        return;
    }
    client::JobGrantWish at = wish;
    at.profile = (*found)->profile().name;
    if (at.node.empty() && !(*found)->profile().nodes.empty()) {
        at.node = (*found)->profile().nodes.front().name;
    }
    (*found)->signInForGrant(
        at.by_device, std::move(on_step), [this, at, done = std::move(done)](Result<Secret> token) {
            if (!token) {
                done(token.error());
                return;
            }
            findNow(at.profile, at.node,
                    [this, at, token = std::make_shared<Secret>(std::move(*token)), done](Result<NodeAccess> access) {
                        // Where nobody takes it, it must not be left behind.
                        const auto finished = [this, at, token, done](Result<client::JobGranted> granted) {
                            if (const auto session = this->session(at.profile); session && !granted) {
                                (*session)->revokeGrant(*token);
                            }
                            done(std::move(granted));
                        };
                        const auto session = this->session(at.profile);
                        if (!access || !session) {
                            finished(access ? session.error() : access.error());
                            return;
                        }
                        giveGrant(*access, (*session)->profile().client, at, *token,
                                  [this, finished](Result<client::JobGranted> granted) {
                                      post([finished, granted = std::move(granted)] { finished(granted); });
                                  });
                    });
        });
}

void Agent::cancelLogin(const std::string& profile) {
    if (const Result<Session*> found = session(profile); found) {
        (*found)->cancelSignIn();
    }
}

void Agent::logout(const std::string& profile, Done<std::pair<std::string, std::string>> done) {
    const Result<Session*> found = session(profile);
    if (!found) {
        done(found.error());
        return;
    }
    const std::string name = (*found)->profile().name;
    ports_->endSessions(name);
    (*found)->signOut([name, done = std::move(done)](Result<std::string> note) {
        done(std::pair(name, note ? *note : note.error().message));
    });
    followNotices();
}

bool Agent::isRefreshing() const {
    return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& session) { return session->isRefreshing(); });
}

Result<client::LocalPort> Agent::openPort(client::LocalPort wanted) {
    Session* found = TSR_TRY(session(wanted.profile));
    wanted.profile = found->profile().name;
    if (wanted.node.empty() && found->profile().nodes.size() == 1) {
        wanted.node = found->profile().nodes.front().name;
    }
    TSR_TRY(found->profile().node(wanted.node));
    return ports_->open(std::move(wanted));
}

Result<> Agent::closePort(const std::string& profile, const std::string& node) {
    return ports_->close(profile.empty() ? TSR_TRY(session(profile))->profile().name : profile, node);
}

std::vector<client::LocalPort> Agent::listPorts() {
    return ports_->list();
}

Result<client::LocalPort> Agent::showPort(const std::string& profile, const std::string& node) {
    return ports_->show(profile.empty() ? TSR_TRY(session(profile))->profile().name : profile, node);
}

}  // namespace tessera::agent
