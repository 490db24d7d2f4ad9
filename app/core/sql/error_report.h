#pragma once

/// An error of a statement as a terminal or a message list shows it: the message, the line of SQL with a caret under
/// the character the server means, detail, hint and SQLSTATE. Pure; any thread.

#include "common/error.h"

#include <string>
#include <string_view>

namespace tessera::app {

/// Lines without a trailing line feed. `error.position` counts characters of `statement` from 1; `first_line` is the
/// line of its text at which the statement begins in what the person wrote.
std::string describeError(const Error& error, std::string_view statement, std::size_t first_line = 1);

}  // namespace tessera::app
