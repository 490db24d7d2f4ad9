#pragma once

/// One table with values that systems are known to disagree about, the same in every source: blanks, case, accents,
/// backslashes, extremes, NULLs. Rows are drawn by seed; the same seed gives the same table.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::correctness {

struct HostileColumn {
    std::string name;
    std::string type;                 // PostgreSQL's
    std::vector<std::string> values;  // in PostgreSQL's text form
};

/// What a source can hold.
struct Abilities {
    bool every_float = false;  // NaN and infinities
    bool every_date = false;   // BC, infinity, years beyond 9999
    bool decimals = true;      // numeric at all
    /// Types that only some have, by their names in pg_type; their columns are x_json and so on.
    std::vector<std::string> more_types = {};
};

class HostileTable {
  public:
    HostileTable(const Abilities& abilities, std::uint32_t seed, int rows);

    /// Two columns a type, int4_a and int4_b, that together hold every pair of the type's values: the arguments of a
    /// function of two.
    static HostileTable pairs(const Abilities& abilities);

    const std::vector<HostileColumn>& columns() const { return columns_; }

    const HostileColumn& column(const std::string& name) const;

    /// "INSERT INTO name VALUES (…), …", with `id` from 1 as its first column. Quotes are doubled, nothing else is
    /// escaped.
    std::string insertStatement(const std::string& name) const;

  private:
    HostileTable() = default;

    std::vector<HostileColumn> columns_;
    std::vector<std::vector<std::optional<std::string>>> rows_;
};

/// A value as a literal that every system under test reads in an INSERT.
std::string insertLiteral(const std::string& type, const std::optional<std::string>& value);

/// From TESSERA_SEED, else a fixed one; printed by the test, to replay it.
std::uint32_t seed();

}  // namespace tessera::correctness
