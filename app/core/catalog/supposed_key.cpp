#include "app/core/catalog/supposed_key.h"

#include <string>

namespace tessera::app {

namespace {

std::string singularOf(std::string_view name) {
    std::string singular(name);
    if (singular.ends_with("ies")) {
        singular.replace(singular.size() - 3, 3, "y");
    } else if (singular.ends_with("ses") || singular.ends_with("xes")) {
        singular.resize(singular.size() - 2);
    } else if (singular.ends_with("s")) {
        singular.pop_back();
    }
    return singular;
}

}  // namespace

std::optional<std::pair<std::size_t, std::size_t>> supposedKey(std::span<const KeyColumn> from,
                                                               std::string_view to_name,
                                                               std::span<const KeyColumn> to) {
    const std::string singular = singularOf(to_name);
    for (std::size_t target = 0; target < to.size(); ++target) {
        const std::string_view wanted = to[target].name;
        if (!to[target].is_key && wanted != "id") {
            continue;
        }
        const std::string by_singular = singular + "_" + std::string(wanted);
        const std::string by_name = std::string(to_name) + "_" + std::string(wanted);
        const std::string joined = singular + std::string(wanted);
        for (std::size_t column = 0; column < from.size(); ++column) {
            const std::string_view name = from[column].name;
            const bool is_same_key = to[target].is_key && name == wanted && name != "id";
            if (name == by_singular || name == by_name || name == joined || is_same_key) {
                return std::pair(column, target);
            }
        }
    }
    return std::nullopt;
}

}  // namespace tessera::app
