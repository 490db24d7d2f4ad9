#pragma once

/// The control plane's names in the store: what jobs, endpoints, sharded tables and denials keep
/// there. SQL of users reads it and
/// changes nothing of it; who has the right does that by the commands of each part.
///
/// An entry of the log says which names were kept from it, so that it does the same whenever and wherever it is
/// applied. A part that needs another name gives it here a generation of its own.

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::store {

/// Generations of names so far.
inline constexpr std::uint64_t kControlPlaneNames = 6;

/// How what has the name is changed, for people to read; empty when it is nobody's of the generations up to `names`.
/// Capitals are the same as in SQLite.
std::string_view controlPlaneCommands(std::string_view name, std::uint64_t names);

/// The names up to a generation, as SQLite's "('…', '…')".
std::string controlPlaneList(std::uint64_t names);

}  // namespace tessera::store
