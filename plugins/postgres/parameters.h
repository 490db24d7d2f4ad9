#pragma once

/// The parameters of a statement in the arrays that PQsendQueryParams() takes: binary where the type's binary form is
/// plain, text for numeric and for literals, whose type the server finds from the context. Owned by one statement.

#include "common/result.h"
#include "plugins/postgres/type_oids.h"
#include "plugins/sdk/connector.h"

#include <span>
#include <string>
#include <vector>

namespace tessera::postgres_connector {

class Parameters {
  public:
    /// Copies the values. Fails for a date or timestamp that PostgreSQL can't hold.
    static Result<Parameters> encode(std::span<const TsrParam> params);

    int count() const { return static_cast<int>(types_.size()); }

    const Oid* types() const { return types_.data(); }

    const char* const* values() const { return pointers_.data(); }

    const int* lengths() const { return lengths_.data(); }

    const int* formats() const { return formats_.data(); }

    Parameters(Parameters&&) = default;
    Parameters& operator=(Parameters&&) = default;

  private:
    Parameters() = default;
    Result<> add(const TsrParam& param);

    std::vector<Oid> types_;
    std::vector<std::string> values_;
    std::vector<const char*> pointers_;  // into values_, so there is no copying; null is NULL
    std::vector<int> lengths_;
    std::vector<int> formats_;
};

}  // namespace tessera::postgres_connector
