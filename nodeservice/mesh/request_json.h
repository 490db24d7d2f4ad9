#pragma once

/// Members of a request's JSON, whatever it is: what is not there, or not of its type, is empty. Internal to the
/// requests' .cpp files.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::mesh {

inline nlohmann::json parseRequest(const std::string& body) {
    auto parsed = nlohmann::json::parse(body, nullptr, false);
    return parsed.is_object() ? parsed : nlohmann::json::object();
}

inline std::string dumpAnswer(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::string textIn(const nlohmann::json& request, const char* name) {
    const auto found = request.find(name);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::int64_t numberIn(const nlohmann::json& request, const char* name, std::int64_t otherwise) {
    const auto found = request.find(name);
    return found != request.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

inline bool isSetIn(const nlohmann::json& request, const char* name) {
    const auto found = request.find(name);
    return found != request.end() && found->is_boolean() && found->get<bool>();
}

inline std::vector<std::string> textsIn(const nlohmann::json& request, const char* name) {
    std::vector<std::string> texts;
    const auto found = request.find(name);
    for (const auto& one : found != request.end() && found->is_array() ? *found : nlohmann::json::array()) {
        if (one.is_string()) {
            texts.push_back(one.get<std::string>());
        }
    }
    return texts;
}

}  // namespace tessera::mesh
