// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// How two relations may be joined, and what says so: foreign tables have no foreign keys, so names and comments have
/// to do. Pure; any thread.

#include "app/core/sql/scope.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

/// What says that the columns belong together, the surest first.
enum class JoinBasis {
    kForeignKey,
    kKeyName,   // "customer_id" to customers.id
    kComment,   // a column's comment names the other column
    kSameName,  // nothing but the same name and type
};

/// "o.customer_id"
std::string qualified(const ScopeRelation& relation, std::string_view column);

struct JoinCondition {
    /// "o.customer_id = c.id"
    std::string text;
    JoinBasis basis;
};

/// Those of the surest basis that there is.
std::vector<JoinCondition> joinConditions(const ScopeRelation& left, const ScopeRelation& right,
                                          const NameIndex& names);

/// Tables that foreign keys from or to this one lead to, or that comments of its columns name. It is no scan of all.
std::set<std::uint32_t> joinPartners(std::uint32_t table, const NameIndex& names);

}  // namespace tessera::app
