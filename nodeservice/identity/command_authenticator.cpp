#include "nodeservice/identity/command_authenticator.h"

#include "common/log.h"
#include "nodeservice/identity/password_authenticator.h"
#include "nodeservice/identity/token/strict_json.h"
#include "nodeservice/identity/token_authenticator.h"

#include <algorithm>
#include <utility>

namespace tessera::identity {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kLook{20};
constexpr std::size_t kMostNameBytes = 256;
constexpr std::size_t kMostPasswordBytes = 4096;
constexpr std::size_t kKeyBytes = 32;

Error wrong(const std::string& user) {
    return fail(ErrorCode::kUnauthenticated, "the node refused user '" + user + "': wrong user name or password");
}

Error unavailable(const std::string& reason) {
    log::error("identity.command_failed", {{"reason", reason}});
    return fail(ErrorCode::kUnavailable, "the node cannot check passwords at the moment", "the node's log says why");
}

}  // namespace

CommandAuthenticator::CommandAuthenticator(CommandOptions options, std::vector<RoleRule> rules, const DenyList& denied)
    : options_(std::move(options)),
      rules_(std::move(rules)),
      denied_(denied),
      key_(randomBytes(kKeyBytes)),
      turns_(options_.most_at_once) {}

Result<Principal> CommandAuthenticator::authenticate(const CallCredentials& credentials) {
    const UserAndPassword given = TSR_TRY(parseBasic(credentials.authorization));
    return signIn(given.user, given.password, {credentials.is_protected, credentials.peer, {}}, credentials.role);
}

Result<Principal> CommandAuthenticator::signIn(const std::string& user, const Secret& password,
                                               const ChannelFacts& channel) {
    return signIn(user, password, channel, {});
}

Result<Principal> CommandAuthenticator::signIn(const std::string& user, const Secret& password,
                                               const ChannelFacts& channel, const std::string& role) {
    if (!channel.encrypted) {
        return fail(ErrorCode::kUnauthenticated, "passwords are taken over an encrypted connection only");
    }
    if (password.empty() || user.empty() || user.size() > kMostNameBytes ||
        password.reveal().size() > kMostPasswordBytes) {
        return wrong(user);
    }
    const VerifiedToken person = TSR_TRY(personOf(user, password, channel.client_address));
    return principalOf(rules_, denied_, person, role, channel.client_address);
}

Result<VerifiedToken> CommandAuthenticator::personOf(const std::string& user, const Secret& password,
                                                     const std::string& address) {
    const std::string key = hmacSha256(key_.reveal(), std::to_string(user.size()) + ":" + user + password.reveal());
    {
        const std::lock_guard lock(mutex_);
        const auto known = right_.find(key);
        if (known != right_.end() && known->second.until > Clock::now()) {
            return known->second.person;
        }
    }
    // What is not UTF-8 no program would be told as it is.
    const json question = {{"user", user}, {"password", password.reveal()}, {"address", address}};
    const Secret text(question.dump(-1, ' ', false, json::error_handler_t::replace));
    const std::string answer = TSR_TRY(ask(text.reveal()));
    VerifiedToken person = TSR_TRY(read(user, answer));
    if (options_.remembered_for.count() > 0) {
        const std::lock_guard lock(mutex_);
        const Clock::time_point now = Clock::now();
        std::erase_if(right_, [now](const auto& entry) { return entry.second.until <= now; });
        if (right_.size() < kMostRemembered) {
            right_.insert_or_assign(key, Remembered{person, now + options_.remembered_for});
        }
    }
    return person;
}

/// The program gets its turn, its input, and so much time; its group ends with it, however that ends.
Result<std::string> CommandAuthenticator::ask(const std::string& question) {
    if (!turns_.try_acquire_for(options_.patience)) {
        return fail(ErrorCode::kResourceExhausted, "too many sign-ins at once", "try again");
    }

    struct Turn {
        std::counting_semaphore<1024>& turns;

        ~Turn() { turns.release(); }
    } const turn{turns_};

    auto process = Process::start({.arguments = options_.arguments,
                                   .standard_input = question,
                                   .standard_output = ProcessOutput::capture(),
                                   .signal_on_parent_death = SIGKILL,
                                   .own_process_group = true});
    if (!process) {
        return unavailable(process.error().message);
    }
    const auto deadline = Clock::now() + options_.patience;
    auto ended = process->wait(kLook);
    while (!ended && Clock::now() < deadline && process->capturedBytes() <= kMostAnswerBytes) {
        ended = process->wait(kLook);
    }
    if (!ended) {
        process->terminate(milliseconds(0));
    }
    if (process->capturedBytes() > kMostAnswerBytes) {
        return unavailable("it printed too much");
    }
    if (!ended) {
        return unavailable("it took longer than " + std::to_string(options_.patience.count()) + " ms");
    }
    if (!ended->ok()) {
        return unavailable("it " + ended->describe());
    }
    return process->capturedOutput();
}

Result<VerifiedToken> CommandAuthenticator::read(const std::string& user, const std::string& answer) const {
    auto parsed = parseStrictJson(answer, kMostAnswerBytes);
    if (!parsed) {
        return unavailable("its answer: " + parsed.error().message);
    }
    if (parsed->empty()) {
        return wrong(user);
    }
    const auto subject = parsed->find("subject");
    const auto claims = parsed->find("claims");
    const bool is_named = subject != parsed->end() && subject->is_string() &&
                          !subject->get_ref<const std::string&>().empty() &&
                          subject->get_ref<const std::string&>().size() <= kMostNameBytes;
    if (!is_named || (claims != parsed->end() && !claims->is_object()) ||
        parsed->size() != (claims == parsed->end() ? 1U : 2U)) {
        return unavailable("its answer is neither {} nor {\"subject\": text, \"claims\": object}");
    }
    return VerifiedToken{.issuer = options_.issuer,
                         .subject = subject->get<std::string>(),
                         .claims = claims == parsed->end() ? json::object() : *claims,
                         .expires = std::chrono::system_clock::now() + options_.session_time};
}

}  // namespace tessera::identity
