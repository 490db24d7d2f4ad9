#pragma once

/// What a node is told to bring in: sources, the schemas and tables taken from them, and the SQL that runs afterwards.
/// Plain values; move-only where they hold credentials.

#include "common/secret.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tessera::catalog {

using Options = std::vector<std::pair<std::string, std::string>>;

/// IMPORT FOREIGN SCHEMA `schema` [LIMIT TO (tables)] INTO `into`.
struct SchemaImport {
    std::string schema;
    std::string into;
    std::vector<std::string> tables;
};

struct SourceColumn {
    std::string name;
    std::string type;
    bool not_null = false;
    Options options;
};

/// CREATE FOREIGN TABLE, for what a source cannot describe by itself.
struct SourceTable {
    std::string name;
    std::string schema;
    std::string comment;
    std::vector<SourceColumn> columns;
    Options options;
};

struct Source {
    std::string name;
    std::string connector;
    std::string comment;
    /// Another node.
    bool is_peer = false;
    /// The credentials are for the node's own work only: people are signed in as themselves.
    bool is_delegated = false;
    /// Who may read its tables and what is known of them; none: all users of the node.
    std::optional<std::set<std::string>> readers = {};
    Options options;
    std::vector<std::pair<std::string, Secret>> credentials;
    std::vector<SchemaImport> imports;
    std::vector<SourceTable> tables;
};

struct InitScript {
    std::string name;
    std::string sql;
    /// A user of the node; empty: the superuser.
    std::string run_as = {};
};

}  // namespace tessera::catalog
