#pragma once

/// Reads a YAML configuration file strictly against a schema. Every error is kInvalidArgument (kNotFound for a missing
/// file) and begins with file, line and column: "node.yaml:3:1: unknown key 'sorces'", hint "did you mean 'sources'?".
/// Any thread.

#include "common/config/references.h"
#include "common/config/schema.h"
#include "common/config/section.h"
#include "common/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tessera::config {

Result<Section> load(const std::filesystem::path& file, const Schema& schema, const References& references = {});

/// `origin` is what messages call the text; relative paths start at `folder`.
Result<Section> parse(const std::string& text, const std::string& origin, const std::filesystem::path& folder,
                      const Schema& schema, const References& references = {});

/// All that is wrong with a text, in its order, and what it says apart from that.
struct Reading {
    /// Without values where something is wrong, unless there are defaults. None: the text is not YAML at all.
    std::optional<Section> section;
    std::vector<Error> errors;
};

Reading parseAll(const std::string& text, const std::string& origin, const std::filesystem::path& folder,
                 const Schema& schema, const References& references = {});

}  // namespace tessera::config
