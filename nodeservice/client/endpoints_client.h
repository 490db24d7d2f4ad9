#pragma once

/// A program's way to the endpoints of a mesh, through any node that holds the store: to publish them, see what there
/// is, and try them out. Its calls wait: not on a GUI thread. Any thread; several calls at once.

#include "common/result.h"
#include "nodeservice/client/node_client.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace tessera::client {

struct EndpointInfo {
    std::string name;
    std::int64_t version = 0;
    std::string documentation;
    std::string author;
    /// Milliseconds since 1970.
    std::int64_t at_ms = 0;
    /// In words.
    std::string parameters;
    /// Why the node does not serve it, or empty.
    std::string problem;
    /// Since the node was started, and which roles called.
    std::uint64_t calls = 0;
    std::vector<std::string> callers;
    bool is_writing = false;
    /// That may call it; all when empty.
    std::vector<std::string> roles = {};
    std::vector<std::string> tags = {};
};

/// A model whose file the store has: get() knows it as "NAME.yaml".
struct ModelInfo {
    std::string name;
    /// Grows with each file that is applied: no version of the model.
    std::int64_t file_version = 0;
    std::string author;
    /// Milliseconds since 1970.
    std::int64_t at_ms = 0;
};

/// As an application makes it by HTTP.
struct EndpointCall {
    std::string name;
    std::string method = "GET";
    /// What follows '?', percent-encoded.
    std::string query = {};
    /// JSON; of POST.
    std::string body = {};
    /// Empty: application/json.
    std::string accept = {};
};

/// As HTTP has it, also when the call was refused.
struct EndpointAnswer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// At most 1 MiB.
    std::string body = {};
    /// There was more of it.
    bool is_cut = false;
};

struct EndpointVersion {
    std::int64_t version = 0;
    std::string author;
    std::int64_t at_ms = 0;
    bool is_served = false;
};

struct EndpointDetails {
    EndpointVersion version;
    /// Its file at that version.
    std::string text;
    /// The newest first.
    std::vector<EndpointVersion> versions;
};

struct EndpointFile {
    /// What messages call it.
    std::string origin;
    std::string text;
};

struct AppliedEndpoint {
    enum class Change { kUnchanged, kCreated, kChanged, kRemoved };

    std::string name;
    Change change = Change::kUnchanged;
    std::int64_t version = 0;
    /// Lines with '+', '-' or ' ' before each.
    std::string diff;
    /// By which callers of the version before may fail.
    std::vector<std::string> breaking;
};

struct EndpointApplication {
    std::vector<AppliedEndpoint> endpoints;
    /// Statements by which models' tables were made, or would be.
    std::vector<std::string> table_changes;
    /// All that is wrong; then nothing was applied.
    std::vector<Error> problems;
};

class EndpointsClient {
  public:
    /// Opens a channel to the node without waiting for it. Without an agent, `address` must be loopback.
    static Result<std::shared_ptr<EndpointsClient>> create(NodeAddress address);

    virtual ~EndpointsClient() = default;

    virtual Result<std::vector<EndpointInfo>> list() = 0;
    /// `version` 0: the one that is served.
    virtual Result<EndpointDetails> get(const std::string& name, std::int64_t version) = 0;
    virtual Result<std::vector<ModelInfo>> models() = 0;
    /// An error only when it did not come to an answer; kCancelled when it was to stop.
    virtual Result<EndpointAnswer> call(const EndpointCall& what, const std::stop_token& stop) = 0;
    /// `format`: openapi, json-schema, ts, jsdoc, python, go. Of the endpoints that the caller may call;
    /// with `names` of those among them.
    virtual Result<std::string> exportAs(const std::string& format, const std::vector<std::string>& names) = 0;
    /// All files or none. `is_dry`: only says what would change.
    virtual Result<EndpointApplication> apply(const std::vector<EndpointFile>& files, bool is_dry,
                                              bool allows_breaking) = 0;
    virtual Result<> remove(const std::string& name) = 0;
    /// Kept answers of endpoints with the tag are given no more, on any node; gives the names of those that keep any.
    virtual Result<std::vector<std::string>> invalidate(const std::string& tag) = 0;
};

}  // namespace tessera::client
