#pragma once

/// The sources that pushed-down work is compared on: real servers and files, each with the tables t and u.

#include "common/result.h"
#include "tests/correctness/hostile_table.h"

#include <memory>
#include <string>

namespace tessera::correctness {

class Source {
  public:
    virtual ~Source() = default;
    /// CREATE SERVER, user mapping and IMPORT into the schema "src" of a node.
    virtual std::string importStatements() const = 0;

    const HostileTable& table() const { return table_; }

    const std::string& dialect() const { return dialect_; }

    /// What makeSource() was given.
    const std::string& name() const { return name_; }

  protected:
    Source(std::string dialect, const Abilities& abilities) : Source(dialect, dialect, abilities) {}

    Source(std::string name, std::string dialect, const Abilities& abilities)
        : name_(std::move(name)), dialect_(std::move(dialect)), table_(abilities, seed(), 160) {}

    /// A second table to join with: the same columns, other rows.
    static HostileTable second(const Abilities& abilities) { return HostileTable(abilities, seed() + 1, 40); }

  private:
    std::string name_;
    std::string dialect_;
    HostileTable table_;
};

/// By the name of its dialect: postgres, mysql, sqlite, duckdb; or, through ODBC drivers, odbc_postgres, odbc_mariadb,
/// odbc_sqlite.
Result<std::unique_ptr<Source>> makeSource(const std::string& name);

}  // namespace tessera::correctness
