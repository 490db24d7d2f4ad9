#include "app/cli/catalog_command.h"

#include "app/cli/listing.h"
#include "app/cli/node_choice.h"
#include "app/core/sql/error_report.h"
#include "common/strings.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/mesh_file.h"
#include "nodeservice/client/node_client.h"

#include <cmath>
#include <cstdio>

namespace tessera::cli {

namespace {

using app::TextRow;

std::string kindName(client::TableKind kind) {
    switch (kind) {
        case client::TableKind::kView:
            return "view";
        case client::TableKind::kForeignTable:
            return "foreign table";
        case client::TableKind::kMaterializedView:
            return "materialized view";
        case client::TableKind::kTable:
            break;
    }
    return "table";
}

Result<> appendSchemas(client::NodeClient& node, std::vector<TextRow>& rows) {
    const auto schemas = TSR_TRY(client::callAndWait<std::vector<client::SchemaInfo>>(
        [&](auto done) { return node.listSchemas(std::move(done)); }));
    for (const client::SchemaInfo& schema : schemas) {
        rows.push_back({node.address().name, schema.name, orNull(schema.source), orNull(schema.comment)});
    }
    return {};
}

Result<> appendTables(client::NodeClient& node, const std::string& schema, std::vector<TextRow>& rows) {
    const auto tables = TSR_TRY(client::callAndWait<std::vector<client::TableInfo>>(
        [&](auto done) { return node.listTables(schema, std::move(done)); }));
    for (const client::TableInfo& table : tables) {
        const auto estimate = table.estimated_rows
                                  ? std::optional<std::string>(std::to_string(std::llround(*table.estimated_rows)))
                                  : std::nullopt;
        rows.push_back({node.address().name, table.name, kindName(table.kind), estimate, orNull(table.comment)});
    }
    return {};
}

Result<> appendColumns(client::NodeClient& node, const CatalogOptions& options, std::vector<TextRow>& rows) {
    const auto details = TSR_TRY(client::callAndWait<client::TableDetails>(
        [&](auto done) { return node.describeTable(options.schema, options.table, std::move(done)); }));
    for (const client::ColumnInfo& column : details.columns) {
        const auto key = column.key_position > 0 ? orNull(std::to_string(column.key_position)) : std::nullopt;
        rows.push_back({node.address().name, column.name, column.type_name, column.not_null ? "not null" : "", key,
                        orNull(column.comment)});
    }
    return {};
}

Result<> append(client::NodeClient& node, const CatalogOptions& options, std::vector<TextRow>& rows) {
    if (options.schema.empty()) {
        return appendSchemas(node, rows);
    }
    return options.table.empty() ? appendTables(node, options.schema, rows) : appendColumns(node, options, rows);
}

std::vector<std::string> titlesOf(const CatalogOptions& options) {
    if (options.schema.empty()) {
        return {"node", "schema", "source", "comment"};
    }
    if (options.table.empty()) {
        return {"node", "table", "kind", "rows (estimate)", "comment"};
    }
    return {"node", "column", "type", "null", "key", "comment"};
}

/// One call under way for each node, so that the slowest alone decides how long it takes.
std::vector<Result<client::NodeInfo>> describeAll(const std::vector<client::NodeAddress>& addresses) {
    struct Asked {
        Result<std::shared_ptr<client::NodeClient>> client;
        std::future<Result<client::NodeInfo>> answer;
        std::unique_ptr<client::PendingCall> call;
    };

    std::vector<Asked> asked;
    for (const client::NodeAddress& address : addresses) {
        asked.push_back({client::NodeClient::create(address), {}, nullptr});
        Asked& last = asked.back();
        if (last.client) {
            auto promise = std::make_shared<std::promise<Result<client::NodeInfo>>>();
            last.answer = promise->get_future();
            last.call = (*last.client)->describeNode([promise](auto info) { promise->set_value(std::move(info)); });
        }
    }
    std::vector<Result<client::NodeInfo>> answers;
    for (Asked& one : asked) {
        answers.push_back(one.client ? one.answer.get() : Result<client::NodeInfo>(one.client.error()));
    }
    return answers;
}

std::string sourcesOf(const client::NodeInfo& info) {
    std::vector<std::string> sources;
    for (const client::SourceInfo& source : info.sources) {
        const std::string failure = source.error.empty() ? "" : ": " + source.error;
        sources.push_back(source.name + " (" + source.connector + failure + ")");
    }
    return join(sources, ", ");
}

Result<std::vector<client::NodeAddress>> openNodes(const MeshOptions& options) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({options.mesh_file, options.profile}));
    return chooseNodes(mesh, options.node);
}

}  // namespace

ExitCode runCatalog(const CatalogOptions& options) {
    const auto nodes = openNodes(options.mesh);
    if (!nodes) {
        return reportError(nodes.error(), kUsage);
    }
    Listing listing{titlesOf(options), {}};
    ExitCode code = kSuccess;
    std::vector<Error> errors;
    for (const client::NodeAddress& address : *nodes) {
        const auto listed = [&]() -> Result<> {
            const auto node = TSR_TRY(client::NodeClient::create(address));
            TSR_TRY(append(*node, options, listing.rows));
            return {};
        }();
        if (!listed) {
            errors.push_back(listed.error());
            code = exitCodeOf(listed.error());
        }
    }
    // A table named without its node need only be on one of them.
    const bool is_found = !listing.rows.empty();
    const ExitCode printed = is_found || errors.empty() ? print(listing, options.format) : kSuccess;
    for (const Error& error : errors) {
        const bool is_elsewhere = error.code == ErrorCode::kNotFound && is_found;
        if (!is_elsewhere) {
            reportError(error, code);
        } else if (code == kFailure) {
            code = kSuccess;
        }
    }
    return printed != kSuccess ? printed : code;
}

ExitCode runNodes(const NodesOptions& options) {
    const auto nodes = openNodes(options.mesh);
    if (!nodes) {
        return reportError(nodes.error(), kUsage);
    }
    const std::vector<Result<client::NodeInfo>> answers = describeAll(*nodes);
    Listing listing{{"node", "address", "user", "state", "version", "postgres", "sources"}, {}};
    ExitCode code = kSuccess;
    std::vector<Error> errors;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const client::NodeAddress& address = (*nodes)[i];
        TextRow row{address.name, address.address, address.agent ? address.agent->person : address.user};
        if (answers[i]) {
            const client::NodeInfo& info = *answers[i];
            row.insert(row.end(), {"ready", info.version, info.postgres_version, sourcesOf(info)});
        } else {
            const bool is_sign_in = answers[i].error().code == ErrorCode::kUnauthenticated;
            row.insert(row.end(), {is_sign_in ? "refused" : "unreachable", std::nullopt, std::nullopt, std::nullopt});
            errors.push_back(answers[i].error());
            code = exitCodeOf(answers[i].error());
        }
        listing.rows.push_back(std::move(row));
    }
    const ExitCode printed = print(listing, options.format);
    for (const Error& error : errors) {
        reportError(error, code);
    }
    return printed != kSuccess ? printed : code;
}

}  // namespace tessera::cli
