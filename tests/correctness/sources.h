#pragma once

/// The sources that pushed-down work is compared on: real servers and files, each with the tables t and u.

#include "common/result.h"
#include "tests/correctness/hostile_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tessera::correctness {

class Source {
  public:
    virtual ~Source() = default;
    /// CREATE SERVER, user mapping and IMPORT into the schema "src" of a node.
    virtual std::string importStatements() const = 0;

    const HostileTable& table() const { return tables_[0].second; }

    /// All of them, by name: t, a second one to join with (u), and, but for ODBC, the pairs of values (v).
    const std::vector<std::pair<std::string, HostileTable>>& tables() const { return tables_; }

    const std::string& dialect() const { return dialect_; }

    /// What makeSource() was given.
    const std::string& name() const { return name_; }

  protected:
    Source(std::string dialect, const Abilities& abilities) : Source(dialect, dialect, abilities) {}

    Source(std::string name, std::string dialect, const Abilities& abilities)
        : name_(std::move(name)), dialect_(std::move(dialect)) {
        tables_ = {{"t", HostileTable(abilities, seed(), 160)}, {"u", HostileTable(abilities, seed() + 1, 40)}};
        if (name_ == dialect_) {
            tables_.emplace_back("v", HostileTable::pairs(abilities));
        }
    }

  private:
    std::string name_;
    std::string dialect_;
    std::vector<std::pair<std::string, HostileTable>> tables_;
};

/// By the name of its dialect: postgres, mysql, sqlite, duckdb; or, through ODBC drivers, odbc_postgres, odbc_mariadb,
/// odbc_sqlite.
Result<std::unique_ptr<Source>> makeSource(const std::string& name);

}  // namespace tessera::correctness
