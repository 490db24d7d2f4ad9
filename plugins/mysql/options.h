#pragma once

/// The options of the mysql connector, read and checked. Values; any thread. The password is in `user.password` and
/// nowhere else; nothing here writes it into a message.

#include "common/result.h"
#include "plugins/sdk/connector_base.h"

#include <cstdint>
#include <span>
#include <string>

namespace tessera::mysql {

enum class SslMode { kDisable, kRequire, kVerifyFull };

enum class ZeroDates { kError, kNull };

struct ConnectOptions {
    std::string host;
    std::uint16_t port = 3306;
    std::string socket;  // instead of host and port when not empty
    std::string user;
    std::string password;
    std::string database;
    SslMode ssl_mode = SslMode::kDisable;
    std::string ssl_root_cert;
    std::string ssl_cert;
    std::string ssl_key;
    std::int64_t connect_timeout_s = 10;
    bool tinyint1_is_bool = true;
    ZeroDates zero_dates = ZeroDates::kError;

    /// "db.example.com:3306", or the socket's path.
    std::string where() const;
};

std::span<const TsrOptionSpec> optionSpecs();

Result<ConnectOptions> readOptions(const sdk::Options& options);

}  // namespace tessera::mysql
