#pragma once

/// Rules on what a job file says that its schema cannot express. Internal to this folder.

#include "common/result.h"
#include "nodeservice/jobs/definition/definition.h"

#include <string>
#include <vector>

namespace tessera::jobs {

/// Names of jobs and steps.
bool isJobName(std::string_view text);

/// Why this may not stand in a job that everybody can read; empty: it may. Looks at names ("password") and at values
/// that look like keys, tokens and addresses with passwords.
std::string secretIn(std::string_view name, std::string_view value);

/// Steps that wait for each other: "a, b, a", or empty.
std::string circleOf(const std::vector<std::pair<std::string, std::vector<std::string>>>& edges);

/// Placeholders, secrets, references between steps and circles of a definition that was read.
void checkTexts(const Definition& definition, std::vector<Error>& errors);
void checkGraph(const Definition& definition, std::vector<Error>& errors);

Error placed(const Place& place, std::string message, std::string hint = {});

}  // namespace tessera::jobs
