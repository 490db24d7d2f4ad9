#pragma once

/// What a MySQL or MariaDB server, or its client library, reports, as an Error with PostgreSQL's SQLSTATE. Most of
/// their own states are the catch-all HY000, so that the number decides. Pure; any thread.

#include "common/result.h"

#include <string>
#include <string_view>

namespace tessera::mysql {

/// `where` is the server as a message names it, "db.example.com:3306".
Error errorOf(unsigned number, std::string_view sqlstate, std::string_view message, const std::string& where);

/// The same for an attempt to connect: what cannot be reached is 08001, and refused credentials are 28P01.
Error connectErrorOf(unsigned number, std::string_view sqlstate, std::string_view message, const std::string& where);

/// Did the connection end?
bool isLost(unsigned number);

}  // namespace tessera::mysql
