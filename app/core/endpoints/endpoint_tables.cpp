#include "app/core/endpoints/endpoint_tables.h"

#include "app/core/endpoints/endpoint_draft.h"
#include "app/core/endpoints/endpoint_models.h"
#include "app/core/endpoints/statement_endpoint.h"
#include "app/core/jobs/job_tables.h"
#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/model/read.h"

#include <algorithm>

namespace tessera::app {

namespace {

/// None: the statement does not name the table. Else whether it changes it.
std::optional<bool> isWritten(const std::string& sql, const std::string& schema, const std::string& table) {
    std::optional<bool> written;
    for (const NamedTable& named : tablesOf(sql)) {
        if (named.name == table && (named.schema.empty() ? "public" : named.schema) == schema) {
            written = named.is_written || written.value_or(false);
        }
    }
    return written;
}

template <class Names>
bool isServedBy(const Names& nodes, const std::string& node) {
    return nodes.empty() || std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

/// The use that `read` finds in a stored file; a file that can't be had is one with a problem.
template <class Read>
void add(std::vector<EndpointUse>& uses, EndpointNodes& nodes, EndpointUse::Kind kind, const std::string& name,
         const std::string& stored, const Read& read) {
    const auto details = nodes.ask([&](client::EndpointsClient& client) { return client.get(stored, 0); });
    if (!details) {
        uses.push_back({kind, name, false, details.error().message});
    } else if (auto use = read(details->text)) {
        uses.push_back(std::move(*use));
    }
}

}  // namespace

std::optional<EndpointUse> endpointUse(const std::string& file, const std::string& node, const std::string& schema,
                                       const std::string& table) {
    const endpoints::ReadDefinition read = endpoints::readDefinition(file, "endpoint.sql");
    if (!read.errors.empty() || !isServedBy(read.definition.nodes, node)) {
        return std::nullopt;
    }
    // The parser knows $1, not :name.
    const auto written = isWritten(StatementEndpoint(read.definition.sql).bound().sql, schema, table);
    return written ? std::optional(EndpointUse{EndpointUse::Kind::kEndpoint, read.definition.name, *written})
                   : std::nullopt;
}

std::optional<EndpointUse> modelUse(const std::string& file, const std::string& node, const std::string& schema,
                                    const std::string& table) {
    const endpoints::ReadModel read = endpoints::readModel(file, "model.yaml");
    if (!read.errors.empty() || !isServedBy(read.model.nodes, node) ||
        !isWritten("SELECT FROM " + read.model.table, schema, table)) {
        return std::nullopt;
    }
    const bool writes = read.model.inserts || read.model.updates || read.model.deletes;
    return EndpointUse{EndpointUse::Kind::kModel, read.model.name, writes};
}

Result<std::vector<EndpointUse>> endpointsThatUse(EndpointNodes& nodes, const std::string& node,
                                                  const std::string& schema, const std::string& table) {
    const auto endpoints = TSR_TRY(nodes.ask([](client::EndpointsClient& client) { return client.list(); }));
    const auto models = TSR_TRY(nodes.ask([](client::EndpointsClient& client) { return client.models(); }));
    std::vector<EndpointUse> uses;
    for (const client::EndpointInfo& endpoint : endpoints) {
        // Those of a model are told by its own file.
        if (modelVersionOf(endpoint.name) == 0) {
            add(uses, nodes, EndpointUse::Kind::kEndpoint, endpoint.name, endpoint.name,
                [&](const std::string& file) { return endpointUse(file, node, schema, table); });
        }
    }
    for (const client::ModelInfo& model : models) {
        add(uses, nodes, EndpointUse::Kind::kModel, model.name, modelFileName(model.name),
            [&](const std::string& file) { return modelUse(file, node, schema, table); });
    }
    return uses;
}

}  // namespace tessera::app
