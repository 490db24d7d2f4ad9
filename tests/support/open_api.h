#pragma once

/// A description of a REST interface, checked by npm's @seriousme/openapi-schema-validator against the schema that the
/// OpenAPI Initiative publishes.

#include "common/process.h"
#include "tests/support/cached.h"
#include "tests/support/temporary_directory.h"

#include <string>

namespace tessera {

/// What is wrong with the document (JSON); empty: nothing.
inline std::string openApiErrors(const std::string& document) {
    constexpr const char* kValidator = "node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js";
    const std::filesystem::path packages = cached("node-clients-4", kValidator);
    if (packages.empty()) {
        return "npm's @seriousme/openapi-schema-validator is not there: run ./dev setup";
    }
    const TemporaryDirectory folder;
    const auto file = writeFile(folder.path() / "openapi.json", document);
    const auto done =
        run({.arguments = {"node", (packages / kValidator).string(), file.string()}}, std::chrono::seconds(90));
    if (!done) {
        return done.error().describe();
    }
    return done->status.exit_code == 0 ? "" : done->output + done->error;
}

}  // namespace tessera
