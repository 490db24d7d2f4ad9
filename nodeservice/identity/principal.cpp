#include "nodeservice/identity/principal.h"

#include <nlohmann/json.hpp>

namespace tessera::identity {

std::optional<Person> personOf(const Principal& principal) {
    const auto context = principal.context ? nlohmann::json::parse(*principal.context, nullptr, false) : nullptr;
    if (!context.is_object()) {
        return std::nullopt;
    }
    Person person{context.value("issuer", std::string()), context.value("subject", std::string()), {}};
    const auto claims = context.find("claims");
    const auto email = claims == context.end() ? claims : claims->find("email");
    if (claims != context.end() && email != claims->end() && email->is_string() &&
        claims->value("email_verified", nlohmann::json(true)) == true) {
        person.email = email->get<std::string>();
    }
    return person;
}

bool isSamePerson(const Principal& a, const Principal& b) {
    if (a.role != b.role || (a.context == nullptr) != (b.context == nullptr)) {
        return false;
    }
    if (a.context == nullptr || *a.context == *b.context) {
        return true;
    }
    const auto first = nlohmann::json::parse(*a.context, nullptr, false);
    const auto second = nlohmann::json::parse(*b.context, nullptr, false);
    for (const char* part : {"issuer", "subject", "actors"}) {
        if (!first.is_object() || !second.is_object() || !first.contains(part) || !second.contains(part) ||
            first[part] != second[part]) {
            return false;
        }
    }
    return true;
}

}  // namespace tessera::identity
