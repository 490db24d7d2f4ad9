#pragma once

/// A certified OpenID provider (npm's oidc-provider, resources/demo/identity) on a free port of 127.0.0.1, and a
/// browser without a person. Its people are "ann" of the group "analysts" and "bob" of none.

#include "common/process.h"
#include "common/result.h"
#include "tests/support/temporary_directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

class TemporaryIdentityProvider {
  public:
    static constexpr const char* kAudience = "urn:tessera:test";
    static constexpr const char* kOtherAudience = "urn:tessera:other";

    /// `access_seconds`: how long its access tokens live.
    static Result<TemporaryIdentityProvider> start(int access_seconds);

    /// Again after stop(), with what it knew; with a new signing key if wanted.
    Result<> launch(bool rotate_keys = false);

    void stop() { process_.reset(); }

    /// From the next launch() on.
    void setGroupsOfAnn(std::string yaml_list) { groups_of_ann_ = std::move(yaml_list); }

    /// All that it would take at this moment.
    std::vector<std::string> refreshTokens() const;
    /// As a person does who ends what they have granted, on a page of the provider's.
    Result<> revoke(const std::string& refresh_token) const;

    std::string issuer() const { return "http://127.0.0.1:" + std::to_string(port_); }

  private:
    TemporaryIdentityProvider() = default;

    TemporaryDirectory folder_;
    std::uint16_t port_ = 0;
    int access_seconds_ = 0;
    std::string groups_of_ann_ = R"(["analysts"])";
    std::optional<Process> process_;
};

/// Opens a page as a person would: follows redirects, fills in forms (who one is, a device's code), until there is
/// nothing more to do. Returns the last page.
Result<std::string> browse(const std::string& url, const std::string& login, const std::string& code = {});

}  // namespace tessera
