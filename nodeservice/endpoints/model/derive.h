#pragma once

/// The endpoints of models: files as readDefinition() reads them. Pure; any thread.

#include "nodeservice/endpoints/model/model.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

struct DerivedFile {
    /// Of the endpoint.
    std::string name;
    std::string text;
    /// What messages call it: the model's place.
    std::string where;
};

struct Derived {
    std::vector<DerivedFile> files;
    /// Relationships to models that are not there, or in a circle, and the like.
    std::vector<Error> errors;
};

/// `models` are those that are published together: relationships are among them.
Derived deriveEndpoints(const std::vector<Model>& models);

}  // namespace tessera::endpoints
