#pragma once

/// Where an issuer's keys are read from: a file, or a URL by libcurl. May block for some seconds; any thread.

#include "nodeservice/identity/token/key_store.h"

#include <filesystem>
#include <string>

namespace tessera::identity {

/// Read again every 30 s.
KeyStore::Fetch fetchFromFile(std::filesystem::path file);

/// kInvalidArgument unless it is https, or http on this machine's loopback. `authorities`: a file of PEM certificates
/// that the server's must come from; the system's when empty. Redirects are not followed.
Result<KeyStore::Fetch> fetchFromUrl(std::string url, std::filesystem::path authorities);

/// What an HTTP answer's Cache-Control allows, from 5 minutes to an hour. Apart for tests.
std::chrono::seconds freshnessOf(const std::string& cache_control);

}  // namespace tessera::identity
