#pragma once

/// Who a call or session acts for: a login role of the node's PostgreSQL, to which the node knows the way in. A value.

#include "nodeservice/identity/session_registry.h"

#include <memory>
#include <optional>
#include <string>

namespace tessera::identity {

struct Principal {
    std::string role;
    /// Whom the sessions act for, as tessera.identity() gives it; null for whoever is known by the role alone.
    std::shared_ptr<const std::string> context = nullptr;
    /// From where this time; nothing of who it is.
    SessionOrigin origin = {};
};

/// Whom a session acts for, if that is a person whom an identity provider vouches for.
struct Person {
    std::string issuer;
    std::string subject;
    /// Empty: none that the provider vouches for.
    std::string email;

    bool operator==(const Person& other) const { return issuer == other.issuer && subject == other.subject; }
};

std::optional<Person> personOf(const Principal& principal);

/// The same role of the same person, be it by another token of theirs.
bool isSamePerson(const Principal& a, const Principal& b);

}  // namespace tessera::identity
