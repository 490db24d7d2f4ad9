#pragma once

/// Coroutines of the gateway's event loops.

// clang-format off
#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not say so
#include <boost/asio/awaitable.hpp>

// clang-format on

namespace tessera::gateway {

/// What one awaits is a statement of its own, never part of a condition, and its arguments are names, never objects
/// that a conditional expression makes: g++ 12 makes wrong code of `if (!co_await …)` in some loops, and copies the
/// temporary of `co_await f(a ? b() : c)` bytewise.
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace tessera::gateway
