#pragma once

/// What a caller gave, taken out of a query string or a JSON body: names with their values as texts, not yet judged.
/// What strangers send is read here; hostile input by seed stands in the tests beside it. Pure; any thread.

#include "common/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::endpoints {

struct Given {
    std::string name;
    /// In their order; none is null.
    std::vector<std::optional<std::string>> values;
    /// Of an array in a body: its JSON text.
    std::string json = {};
    /// A JSON number among them has more digits than a reader of JSON is sure to have kept.
    bool is_rounded = false;
};

inline constexpr std::size_t kMostGiven = 1000;
inline constexpr std::size_t kMostValues = 10'000;

/// "a=1&b=x+y&b=%C3%A4": each name once, with all its values. kInvalidArgument for what is not percent-encoded UTF-8.
Result<std::vector<Given>> givenInQuery(std::string_view query);

/// An object of scalars and arrays of scalars; of other arrays and objects the JSON text.
Result<std::vector<Given>> givenInBody(std::string_view body);

}  // namespace tessera::endpoints
