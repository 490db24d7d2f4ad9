#include "nodeservice/identity/token/token_verifier.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tessera::identity {

namespace {

constexpr std::chrono::seconds kLongestMemory{60};

/// A digest, so that what is remembered could not be used if it were read.
std::string digestOf(std::string_view token) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    if (EVP_Digest(token.data(), token.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1) {
        return {};
    }
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace

TokenVerifier::TokenVerifier(std::vector<Issuer> issuers, Now now, KeyStore::Clock steady_now) : now_(std::move(now)) {
    for (Issuer& issuer : issuers) {
        const std::string name = issuer.rules.issuer;
        issuers_.push_back(
            {std::move(issuer.rules), std::make_unique<KeyStore>(name, std::move(issuer.fetch), steady_now)});
    }
}

Result<std::shared_ptr<const VerifiedToken>> TokenVerifier::verify(std::string_view text) {
    if (text.size() > kMostTokenBytes) {
        return fail(ErrorCode::kUnauthenticated, "it has more than " + std::to_string(kMostTokenBytes) + " bytes");
    }
    const std::string digest = digestOf(text);
    if (auto known = recall(digest)) {
        return known;
    }
    const ParsedToken token = TSR_TRY(parseToken(text));
    const std::string name = TSR_TRY(issuerOf(token));
    const auto issuer =
        std::find_if(issuers_.begin(), issuers_.end(), [&](const Known& known) { return known.rules.issuer == name; });
    if (issuer == issuers_.end()) {
        return fail(ErrorCode::kUnauthenticated, "its issuer is not known here");
    }
    // Before a key is looked for: what is refused anyway must not make us ask the issuer.
    TSR_TRY(checkRules(token, issuer->rules, now_()));
    const std::uint64_t generation = issuer->keys->generation();
    const KeyStore::Keys keys = TSR_TRY(issuer->keys->find(token.key_id, token.algorithm));
    const bool is_signed = std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
        return key->verifies(token.algorithm, token.signed_part, token.signature);
    });
    if (!is_signed) {
        return fail(ErrorCode::kUnauthenticated,
                    keys.empty() ? "it is signed by a key that is not its issuer's" : "its signature is wrong");
    }
    auto verified = std::make_shared<const VerifiedToken>(
        VerifiedToken{name, token.claims.at("sub").get<std::string>(), token.claims, endOf(token, issuer->rules)});
    remember({digest, verified, issuer->keys.get(), generation, std::min(verified->expires, now_() + kLongestMemory)});
    return verified;
}

std::shared_ptr<const VerifiedToken> TokenVerifier::recall(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = by_digest_.find(digest);
    if (digest.empty() || found == by_digest_.end()) {
        return nullptr;
    }
    const auto entry = found->second;
    if (now_() >= entry->until || entry->generation != entry->keys->generation()) {
        remembered_.erase(entry);
        by_digest_.erase(found);
        return nullptr;
    }
    remembered_.splice(remembered_.begin(), remembered_, entry);
    return entry->token;
}

void TokenVerifier::remember(Remembered entry) {
    // A fetch came between: the next sign-in verifies with the new keys.
    if (entry.digest.empty() || entry.generation != entry.keys->generation()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    if (by_digest_.contains(entry.digest)) {
        return;
    }
    remembered_.push_front(std::move(entry));
    by_digest_[remembered_.front().digest] = remembered_.begin();
    if (remembered_.size() > kMostRemembered) {
        by_digest_.erase(remembered_.back().digest);
        remembered_.pop_back();
    }
}

}  // namespace tessera::identity
