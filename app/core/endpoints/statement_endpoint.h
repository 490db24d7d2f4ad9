#pragma once

/// A statement of an editor as the file of an endpoint: "publish this query". Pure; any thread.

#include "app/core/sql/tokens.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

class StatementEndpoint {
  public:
    explicit StatementEndpoint(std::string_view sql);

    /// The statement with $1, $2, …: what PostgreSQL prepares to say the parameters' types.
    const BoundStatement& bound() const { return bound_; }

    /// What it may be called: after the first table that it names.
    const std::string& name() const { return name_; }

    /// `types`: of the parameters in bound()'s order, as PostgreSQL names them ("text[]"); those that are missing are
    /// texts.
    std::string file(const std::vector<std::string>& types) const;

  private:
    std::string sql_;
    BoundStatement bound_;
    std::string name_;
};

/// The type in endpoints' files for one of PostgreSQL's ("timestamp without time zone" is "timestamp"); `[]` aside.
/// "text" where there is none.
std::string endpointTypeOf(std::string_view postgres_type);

}  // namespace tessera::app
