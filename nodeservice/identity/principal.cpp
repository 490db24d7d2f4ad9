#include "nodeservice/identity/principal.h"

#include <nlohmann/json.hpp>

namespace tessera::identity {

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
