#include "plugins/sdk/connector_loader.h"

#include "common/handle.h"
#include "common/strings.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <system_error>

namespace tessera::sdk {

namespace {

constexpr std::string_view kPrefix = "libtessera_";
constexpr std::string_view kSuffix = ".so";

/// Up to the last member of ABI 1.0: a connector built with a later minor has more, never less.
constexpr std::size_t kLeastTableSize = offsetof(TsrConnector, close_cursor) + sizeof(TsrConnector::close_cursor);

using Library = Handle<void, dlclose>;

/// A name becomes part of a file's name, so it may hold nothing that leads out of the folder.
bool isConnectorName(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

std::string lastDlError() {
    const char* text = dlerror();
    return text != nullptr ? text : "the dynamic linker gave no reason";
}

bool isComplete(const TsrConnector& table) {
    return table.version != nullptr && table.dialect != nullptr &&
           (table.options != nullptr || table.option_count == 0) && table.open != nullptr && table.close != nullptr &&
           table.usable != nullptr && table.list_tables != nullptr && table.statistics != nullptr &&
           table.execute != nullptr && table.next != nullptr && table.close_cursor != nullptr;
}

Result<> checkTable(const TsrConnector* table, std::string_view name, const std::string& file) {
    const auto refuse = [&](const std::string& reason) {
        return fail(ErrorCode::kFailedPrecondition, "'" + file + "' is not a usable connector: " + reason,
                    "install the connector that belongs to this version of Tessera");
    };
    if (table == nullptr) {
        return refuse(std::string(TSR_CONNECTOR_ENTRY) + "() returned no table");
    }
    // struct_size comes first in every version, the ABI numbers right after it: all that may be read before they are
    // known.
    constexpr std::size_t kHeadSize = offsetof(TsrConnector, abi_minor) + sizeof(TsrConnector::abi_minor);
    if (table->struct_size >= kHeadSize && table->abi_major != TSR_CONNECTOR_ABI_MAJOR) {
        return refuse("it was built for connector ABI " + std::to_string(table->abi_major) + ", this program has " +
                      std::to_string(TSR_CONNECTOR_ABI_MAJOR));
    }
    if (table->struct_size < kLeastTableSize) {
        return refuse("its table has " + std::to_string(table->struct_size) + " bytes, at least " +
                      std::to_string(kLeastTableSize) + " are needed");
    }
    if (table->name == nullptr || name != table->name) {
        return refuse("it calls itself '" + std::string(table->name != nullptr ? table->name : "") + "', not '" +
                      std::string(name) + "'");
    }
    if (!isComplete(*table)) {
        return refuse("a member of its table that every connector must have is missing");
    }
    return {};
}

}  // namespace

Result<const TsrConnector*> ConnectorLoader::load(std::string_view name) {
    if (const auto found = loaded_.find(name); found != loaded_.end()) {
        return found->second;
    }
    if (!isConnectorName(name)) {
        return fail(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' cannot be the name of a connector",
                    "a connector's name has lower-case letters, digits and underscores");
    }
    const std::filesystem::path path = directory_ / (std::string(kPrefix) + std::string(name) + std::string(kSuffix));
    const std::string file = path.string();
    std::error_code status;
    if (!std::filesystem::exists(path, status)) {
        return fail(ErrorCode::kNotFound, "no connector '" + std::string(name) + "': '" + file + "' does not exist",
                    suggestion(name, available()));
    }
    Library library(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library) {
        return fail(ErrorCode::kFailedPrecondition,
                    "cannot load connector '" + std::string(name) + "': " + lastDlError(),
                    "install the libraries it needs, or reinstall the connector");
    }
    void* const symbol = dlsym(library.get(), TSR_CONNECTOR_ENTRY);
    if (symbol == nullptr) {
        return fail(ErrorCode::kFailedPrecondition,
                    "'" + file + "' is not a connector: it exports no function " + TSR_CONNECTOR_ENTRY + "()");
    }
    TsrConnectorEntry entry = nullptr;
    std::memcpy(&entry, &symbol, sizeof entry);
    const TsrConnector* const table = entry();
    TSR_TRY(checkTable(table, name, file));
    // Kept for ever: see the header.
    static_cast<void>(library.release());
    loaded_.emplace(name, table);
    return table;
}

std::vector<std::string> ConnectorLoader::available() const {
    std::vector<std::string> names;
    std::error_code status;
    for (std::filesystem::directory_iterator entry(directory_, status), end; !status && entry != end;
         entry.increment(status)) {
        const std::string file = entry->path().filename().string();
        if (file.size() > kPrefix.size() + kSuffix.size() && file.starts_with(kPrefix) && file.ends_with(kSuffix)) {
            names.push_back(file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size()));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace tessera::sdk
