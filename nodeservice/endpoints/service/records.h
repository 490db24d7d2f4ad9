#pragma once

/// Endpoints as records of the store: their tables, and every change of them as one batch that says what it expects.
/// Versions are never changed nor removed. Pure but for migrate(); any thread.

#include "nodeservice/endpoints/service/bundle.h"
#include "nodeservice/endpoints/service/store.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tessera::endpoints {

inline constexpr std::int64_t kSchemaVersion = 1;

/// 0: there are no tables yet.
Result<std::int64_t> schemaVersion(Store& store);

/// Brings the tables to this program's version: any number of nodes may do so at once.
Result<> migrate(Store& store);

struct NewVersion {
    Bundle bundle;
    std::string signature;
    /// The version that is served now; 0: none.
    std::int64_t expected = 0;
};

Batch publish(const NewVersion& made);
/// It is served no more; its versions stay.
Batch withdraw(const std::string& name, std::int64_t expected);

/// Answers that were kept of endpoints with one of the tags are of the past.
Batch invalidate(const std::vector<std::string>& tags);
/// How often each tag was invalidated; those that never were are not there.
Result<std::map<std::string, std::int64_t>> readTags(Store& store);

/// What people may see at the node was changed: for the `changes`th time, as the node itself counts.
Batch tellOfRights(const std::string& node, std::int64_t changes);
/// By the nodes that have ever told of changes.
Result<std::map<std::string, std::int64_t>> readRights(Store& store);

/// The greatest number of all its versions, withdrawn ones too; the number that is served, or 0.
store::SqlStatement latestQuery(const std::string& name);

struct StoredVersion {
    Bundle bundle;
    std::int64_t at_ms = 0;
    std::string signature;
    bool is_served = false;
};

/// All that are served; with a name: all versions of that one, the newest first.
Result<std::vector<StoredVersion>> readVersions(Store& store, const std::string& name = {});

std::int64_t integerOf(const store::sqlite::Value& value);

}  // namespace tessera::endpoints
