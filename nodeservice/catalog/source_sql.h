#pragma once

/// The SQL that brings a source into a node's database. Pure; the text holds credentials: it must not be logged.

#include "nodeservice/catalog/source.h"

#include <string>
#include <vector>

namespace tessera::catalog {

/// The role that imported tables are granted to. Its members: kUserGroup, and the roles that tokens open.
inline constexpr const char* kReaderGroup = "tessera_reader";
/// The role that every user of the node with a password is a member of.
inline constexpr const char* kUserGroup = "tessera_user";

/// Server and user mapping: needs no connection to the source.
std::string createServerSql(const Source& source);

/// Schemas, foreign tables and their grants: one statement for each step, in order.
std::vector<std::string> createTablesSql(const Source& source);

/// The schemas of this node that the source's tables go into, each once.
std::vector<std::string> schemasOf(const Source& source);

}  // namespace tessera::catalog
