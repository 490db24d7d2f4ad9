#include "common/strings.h"
#include "fdw/core/fdw_core.h"
#include "plugins/sdk/boundary.h"
#include "plugins/sdk/connector_loader.h"

#include <map>
#include <memory>
#include <set>

namespace tessera::fdw {

namespace {

/// One loader for each folder ever named. Never destroyed: connectors outlive every static of this library.
Result<const TsrConnector*> findConnector(const std::string& directory, std::string_view name) {
    static auto* loaders = new std::map<std::string, std::unique_ptr<sdk::ConnectorLoader>>;
    if (directory.empty()) {
        return fail(ErrorCode::kFailedPrecondition, "the setting tessera.connector_path is empty",
                    "set it to the folder that holds libtessera_*.so");
    }
    auto& loader = (*loaders)[directory];
    if (!loader) {
        loader = std::make_unique<sdk::ConnectorLoader>(directory);
    }
    return loader->load(name);
}

Result<> checkOptions(const TsrConnector& connector, std::uint32_t scopes, const std::string& where,
                      const TsrOption* options, std::size_t count) {
    std::vector<std::string> known;
    std::set<std::string> missing;
    for (std::size_t i = 0; i < connector.option_count; ++i) {
        const TsrOptionSpec& spec = connector.options[i];
        if ((spec.scopes & scopes) != 0) {
            known.emplace_back(spec.name);
            if (spec.required) {
                missing.insert(spec.name);
            }
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        missing.erase(options[i].name);
        if (std::find(known.begin(), known.end(), options[i].name) == known.end()) {
            Error error =
                fail(ErrorCode::kInvalidArgument,
                     where + ": the connector '" + connector.name + "' has no option '" + options[i].name + "' here",
                     known.empty() ? "it takes none" : suggestion(options[i].name, known));
            error.sqlstate = "HV00D";  // fdw_invalid_option_name
            return error;
        }
    }
    if (!missing.empty()) {
        Error error = fail(ErrorCode::kInvalidArgument, where + ": the connector '" + connector.name +
                                                            "' requires the option '" + *missing.begin() + "'");
        error.sqlstate = "HV00J";  // fdw_option_name_not_found
        return error;
    }
    return {};
}

}  // namespace

}  // namespace tessera::fdw

namespace fdw = tessera::fdw;
namespace sdk = tessera::sdk;
using tessera::Result;

extern "C" {

const TsrConnector* tsr_connector_find(const char* directory, const char* name, TsrError* error) {
    const TsrConnector* found = nullptr;
    sdk::guarded(error, [&]() -> Result<TsrStatus> {
        found = TSR_TRY(fdw::findConnector(directory, name));
        return TSR_OK;
    });
    return found;
}

TsrStatus tsr_options_check(const TsrConnector* connector, uint32_t scopes, const char* where, const TsrOption* options,
                            size_t option_count, TsrError* error) {
    return sdk::guarded(error, [&]() -> Result<TsrStatus> {
        TSR_TRY(fdw::checkOptions(*connector, scopes, where, options, option_count));
        return TSR_OK;
    });
}
}
