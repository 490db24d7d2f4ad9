#pragma once

/// Who may what on a node, for those who watch over it: views of the schema tessera_governance, which members of the
/// role `tessera_governor` read, by whichever protocol. Members of `tessera_administrator` read them, too, and say in
/// its table `denied` who is let in no longer. A session is the caller's.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::catalog {

/// Creates role, schema and views, or makes them what this version has. Behind the extension's preparation, which
/// takes away the views that stand on its tables.
Result<> prepareGovernance(postgres::Connection& connection);

/// Whoever listens to it hears of every change of the table `denied`.
constexpr const char* kDeniedChannel = "tessera_denied";

/// The lists' names.
const std::vector<std::string>& governanceViews();

/// A view's rows as a JSON array of objects; 42501 for who may not read it.
Result<std::string> listGovernance(postgres::Connection& session, const std::string& view);

}  // namespace tessera::catalog
