#include "nodeservice/endpoints/serve/given.h"

#include "common/strings.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::endpoints {

namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

int hexValue(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

Result<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const int high = i + 2 < text.size() ? hexValue(text[i + 1]) : -1;
            const int low = high >= 0 ? hexValue(text[i + 2]) : -1;
            if (low < 0) {
                return fail(ErrorCode::kInvalidArgument, "a '%' in the query string does not begin %XX",
                            "write a percent sign as %25");
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    if (out.find('\0') != std::string::npos || validUtf8(out) != out) {
        return fail(ErrorCode::kInvalidArgument, "the query string holds what is not UTF-8 text, or U+0000",
                    "percent-encode texts as UTF-8");
    }
    return out;
}

Error tooMany() {
    return fail(ErrorCode::kInvalidArgument, "there are too many parameters or values",
                "at most " + std::to_string(kMostGiven) + " parameters and " + std::to_string(kMostValues) + " values");
}

/// 15 digits are what a double keeps of every decimal number.
bool isRounded(const json& value) {
    if (!value.is_number_float()) {
        return false;
    }
    const std::string text = value.dump();
    const std::string digits = text.substr(0, text.find('e'));
    return std::count_if(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) > 15;
}

Result<std::optional<std::string>> scalarOf(const json& value) {
    if (value.is_null()) {
        return std::optional<std::string>();
    }
    std::string text = value.is_string()    ? value.get<std::string>()
                       : value.is_boolean() ? std::string(value.get<bool>() ? "true" : "false")
                                            : value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.find('\0') != std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, "a value holds U+0000, which PostgreSQL's text cannot");
    }
    return std::optional(std::move(text));
}

}  // namespace

Result<std::vector<Given>> givenInQuery(std::string_view query) {
    std::vector<Given> all;
    std::size_t values = 0;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) {
            continue;
        }
        const std::string_view key = pair.substr(0, pair.find('='));
        std::string name = TSR_TRY(decoded(key));
        std::string value = TSR_TRY(decoded(pair.substr(std::min(pair.size(), key.size() + 1))));
        auto found = std::find_if(all.begin(), all.end(), [&](const Given& one) { return one.name == name; });
        if (found == all.end()) {
            all.push_back({std::move(name), {}, {}, false});
            found = all.end() - 1;
        }
        found->values.emplace_back(std::move(value));
        if (all.size() > kMostGiven || ++values > kMostValues) {
            return tooMany();
        }
    }
    return all;
}

Result<std::vector<Given>> givenInBody(std::string_view body) {
    bool too_deep = false;
    const auto callback = [&too_deep](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
    };
    const json parsed = json::parse(body.begin(), body.end(), callback, false);
    if (too_deep || parsed.is_discarded() || !parsed.is_object()) {
        return fail(ErrorCode::kInvalidArgument, "the body is not a JSON object of parameters",
                    "write {\"NAME\": VALUE, …}");
    }
    std::vector<Given> all;
    std::size_t values = 0;
    for (const auto& [name, value] : parsed.items()) {
        Given given{name, {}, {}, false};
        const bool is_list = value.is_array() && std::none_of(value.begin(), value.end(),
                                                              [](const json& one) { return one.is_structured(); });
        if (is_list) {
            for (const json& one : value) {
                given.values.push_back(TSR_TRY(scalarOf(one)));
                given.is_rounded = given.is_rounded || isRounded(one);
            }
            given.json = value.dump(-1, ' ', false, json::error_handler_t::replace);
        } else {
            given.values.push_back(TSR_TRY(scalarOf(value)));
            given.is_rounded = isRounded(value);
        }
        values += given.values.size();
        all.push_back(std::move(given));
        if (all.size() > kMostGiven || values > kMostValues) {
            return tooMany();
        }
    }
    return all;
}

}  // namespace tessera::endpoints
