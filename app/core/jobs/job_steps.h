#pragma once

/// The steps of a document: their kinds and what they wait for. Pure; any thread.

#include "app/core/documents/yaml_document.h"

#include <array>
#include <string>
#include <vector>

namespace tessera::app {

/// The key that says what a step does.
inline constexpr std::array<const char*, 6> kStepKinds = {"sql", "export", "copy", "refresh", "http", "job"};

std::string stepPath(std::size_t position);

/// Empty: it says nothing to do.
std::string stepKind(const YamlDocument& document, std::size_t position);

/// With what a step of that kind must say, which is empty; what it said as one of another kind is gone, but its query.
void setStepKind(YamlDocument& document, std::size_t position, const std::string& kind);

/// The names of the steps before it: without an `after` the one that stands before it.
std::vector<std::string> stepsBefore(const YamlDocument& document, std::size_t position);
void setStepsBefore(YamlDocument& document, std::size_t position, const std::vector<std::string>& names);

/// Whether it comes after the other one, directly or by way of others.
bool comesAfter(const YamlDocument& document, std::size_t position, const std::string& other);

/// Behind the step at `after`, at the end when there is none; with a name of its own. Returns where it stands.
std::size_t addStep(YamlDocument& document, const std::string& kind, std::size_t after);

/// What came after it comes after what it came after.
void removeStep(YamlDocument& document, std::size_t position);

/// Also where others name it.
void renameStep(YamlDocument& document, std::size_t position, const std::string& name);

}  // namespace tessera::app
