#pragma once

/// The sources that pushed-down work is compared on: real servers and files, each with the tables t and u.

#include "common/result.h"
#include "tests/correctness/hostile_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tessera::correctness {

/// What the tables hold.
struct SourceData {
    std::uint32_t seed = correctness::seed();
    int rows = 160;          // of t; u has a quarter
    bool pairs = true;       // with v, but for ODBC
    bool all_types = false;  // t and u have columns of the types that only some sources have, too
};

class Source {
  public:
    virtual ~Source() = default;
    /// CREATE SERVER, user mapping and IMPORT into a schema of a node.
    virtual std::string importStatements(const std::string& server, const std::string& schema) const = 0;

    std::string importStatements() const { return importStatements("source", "src"); }

    /// What the node's postgresql.conf must say for it.
    virtual std::vector<std::pair<std::string, std::string>> settings() const { return {}; }

    const HostileTable& table() const { return tables_[0].second; }

    /// All of them, by name: t, a second one to join with (u), and the pairs of values (v).
    const std::vector<std::pair<std::string, HostileTable>>& tables() const { return tables_; }

    /// A name, or the path of a dialect file.
    const std::string& dialect() const { return dialect_; }

    /// What makeSource() was given.
    const std::string& name() const { return name_; }

  protected:
    Source(std::string name, std::string dialect, const Abilities& abilities, const SourceData& data)
        : name_(std::move(name)), dialect_(std::move(dialect)) {
        Abilities mixed = abilities;
        if (!data.all_types) {
            mixed.more_types.clear();
        }
        tables_ = {{"t", HostileTable(mixed, data.seed, data.rows)},
                   {"u", HostileTable(mixed, data.seed + 1, data.rows / 4)}};
        if (data.pairs && name_ == dialect_) {
            tables_.emplace_back("v", HostileTable::pairs(abilities));
        }
    }

  private:
    std::string name_;
    std::string dialect_;
    std::vector<std::pair<std::string, HostileTable>> tables_;
};

/// By the name of its dialect: postgres, mysql, sqlite, duckdb; through ODBC drivers odbc_postgres, odbc_mariadb,
/// odbc_sqlite, and odbc_file, whose dialect is a file's; or store, whose tables are SQLite's.
Result<std::unique_ptr<Source>> makeSource(const std::string& name, const SourceData& data = {});

}  // namespace tessera::correctness
