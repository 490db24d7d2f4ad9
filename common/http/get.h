#pragma once

/// One HTTP GET of a small document that is trusted because of where it comes from: https, or http within this machine.
/// Redirects are not followed. Blocks for some seconds at most; any thread.

#include "common/result.h"

#include <cstddef>
#include <string>
#include <vector>

namespace tessera::http {

struct GetOptions {
    std::string url;
    /// "Name: value"; never logged.
    std::vector<std::string> headers = {};
    /// A file of PEM certificates that the server's must come from; the system's when empty.
    std::string authorities = {};
    std::size_t most_bytes = 256 * 1024;
};

struct Answer {
    std::string body;
    /// Of the last `Cache-Control`, in lower case.
    std::string cache_control;
};

/// Is it http on 127.0.0.1, [::1] or localhost?
bool isLoopback(const std::string& url);

/// Is it https, or http on 127.0.0.1, [::1] or localhost?
bool isSafe(const std::string& url);

/// kInvalidArgument for a URL that is not safe, kUnavailable for whatever is not a 200.
Result<Answer> get(const GetOptions& options);

}  // namespace tessera::http
