#pragma once

/// Requests by the program curl, as a caller of the REST API makes them.

#include "common/process.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

namespace tessera {

struct HttpAnswer {
    int status = 0;
    /// With its status line.
    std::string head;
    std::string body;
    /// curl's: 18 is a body that was broken off.
    int exit_code = 0;

    nlohmann::json asJson() const { return nlohmann::json::parse(body, nullptr, false); }

    /// A header's value, or nothing.
    std::string header(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) {
            return {};
        }
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

/// `config`: curl's, who it is among it.
inline HttpAnswer runCurl(const std::string& url, const std::string& config,
                          const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"curl", "-sS", "-i", "-g", "--max-time", "50", "-K", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(url);
    const auto done = run({.arguments = arguments, .standard_input = config}, std::chrono::seconds(90));
    HttpAnswer answer;
    if (!done) {
        ADD_FAILURE() << done.error().describe();
        return answer;
    }
    answer.exit_code = done->status.exit_code;
    const std::string& text = done->output;
    const std::size_t end = text.find("\r\n\r\n");
    answer.head = text.substr(0, end + 2);
    answer.body = end == std::string::npos ? std::string() : text.substr(end + 4);
    answer.status = text.size() > 12 ? std::atoi(text.c_str() + 9) : 0;
    return answer;
}

}  // namespace tessera
