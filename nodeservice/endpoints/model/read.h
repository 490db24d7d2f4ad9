#pragma once

/// Model files, read strictly. Pure; any thread.

#include "common/config/schema.h"
#include "nodeservice/endpoints/model/model.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

struct ReadModel {
    /// Complete only when there are no errors.
    Model model;
    std::vector<Error> errors;
};

ReadModel readModel(const std::string& text, const std::string& origin);

const config::Schema& modelSchema();

}  // namespace tessera::endpoints
