#pragma once

/// What the agent tells people about their sign-in, sentence by sentence; "{}" stands for a name, or for what another
/// program says. The agent says them in English. The workbench, which has to say them in the person's language, knows
/// them by this list (app/core/mesh/agent_words.h): a sentence that is changed here is changed for both.

#include <array>
#include <string>
#include <string_view>

namespace tessera::client::agent_says {

inline constexpr std::string_view kNoRefreshToken =
    "the identity provider gave no refresh token: the sign-in ends with its access token";
inline constexpr std::string_view kEndsWithAgent = "the sign-in ends with the agent: {}";
inline constexpr std::string_view kNotSignedIn = "you are not signed in to '{}'";
inline constexpr std::string_view kNotSignedInAnyMore = "you are not signed in to '{}': {}";
inline constexpr std::string_view kHasEnded = "the sign-in to '{}' has ended";
inline constexpr std::string_view kProviderEndedIt = "the identity provider has ended the sign-in";
inline constexpr std::string_view kOtherAgentSignedOut = "another agent has signed out";
inline constexpr std::string_view kSignedOut = "you have signed out";
inline constexpr std::string_view kNobodySignedIn = "nobody has signed in within ten minutes";
inline constexpr std::string_view kGivenUp = "the sign-in was given up";
inline constexpr std::string_view kNoPage = "the identity provider has no page to sign in at";
inline constexpr std::string_view kNoGrantToken = "the identity provider gave no refresh token";
inline constexpr std::string_view kSomebodyElse = "that was the sign-in of {}, and you are signed in as {}";
inline constexpr std::string_view kProviderSays = "the identity provider says: {}";
inline constexpr std::string_view kOtherProvider = "another identity provider has answered";
inline constexpr std::string_view kNoCode = "the identity provider has answered without a code";
inline constexpr std::string_view kNotReached = "cannot reach the identity provider at '{}': {}";
// What to do about it.
inline constexpr std::string_view kRunLogin = "run 'tessera login {}'";
inline constexpr std::string_view kIsItOnline = "is this machine online, and is the profile's issuer right?";
inline constexpr std::string_view kSamePerson = "sign in as the same person";
inline constexpr std::string_view kTryAgain = "try again";

/// Those that begin like another come before it.
inline constexpr std::array kAll = {
    kNoRefreshToken,  kEndsWithAgent,       kNotSignedInAnyMore, kNotSignedIn,    kHasEnded,
    kProviderEndedIt, kOtherAgentSignedOut, kSignedOut,          kNobodySignedIn, kGivenUp,
    kNoPage,          kNoGrantToken,        kSomebodyElse,       kProviderSays,   kOtherProvider,
    kNoCode,          kNotReached,          kRunLogin,           kIsItOnline,     kSamePerson,
    kTryAgain};

/// The sentence with values for its places, one after another.
inline std::string said(std::string_view sentence, std::initializer_list<std::string_view> values = {}) {
    std::string text;
    auto value = values.begin();
    std::size_t from = 0;
    for (std::size_t place = sentence.find("{}"); place != std::string_view::npos && value != values.end();
         place = sentence.find("{}", from)) {
        text.append(sentence, from, place - from).append(*value++);
        from = place + 2;
    }
    return text.append(sentence.substr(from));
}

}  // namespace tessera::client::agent_says
