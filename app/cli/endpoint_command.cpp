#include "app/cli/endpoint_command.h"

#include "app/cli/any_node.h"
#include "app/cli/definition_files.h"
#include "app/cli/listing.h"
#include "common/strings.h"
#include "nodeservice/client/endpoints_client.h"

#include <cstdio>

namespace tessera::cli {

namespace {

using client::EndpointsClient;
using Action = EndpointOptions::Action;
using Nodes = AnyNode<EndpointsClient>;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{256} << 10U;

ExitCode report(const Error& error) {
    return reportError(error, exitCodeOf(error));
}

ExitCode printEndpoints(Nodes& nodes, const EndpointOptions& options) {
    const auto all = nodes.ask([](EndpointsClient& node) { return node.list(); });
    if (!all) {
        return report(all.error());
    }
    Listing listing{
        {"endpoint", "version", "parameters", "documentation", "author", "published", "calls", "callers", "problem"},
        {}};
    for (const client::EndpointInfo& one : *all) {
        listing.rows.push_back({one.name, std::to_string(one.version), orNull(one.parameters),
                                orNull(one.documentation), orNull(one.author), timeText(one.at_ms),
                                std::to_string(one.calls), orNull(join(one.callers, " ")), orNull(one.problem)});
    }
    return print(listing, options.format);
}

ExitCode showEndpoint(Nodes& nodes, const EndpointOptions& options) {
    const auto details = nodes.ask([&](EndpointsClient& node) { return node.get(options.endpoint, options.version); });
    if (!details) {
        return report(details.error());
    }
    std::fputs(details->text.c_str(), stdout);
    std::fprintf(stderr, "version %lld by %s, %s%s\n", static_cast<long long>(details->version.version),
                 details->version.author.c_str(), timeText(details->version.at_ms).value_or("").c_str(),
                 details->version.is_served ? "" : ", not served");
    return kSuccess;
}

ExitCode printHistory(Nodes& nodes, const EndpointOptions& options) {
    const auto details = nodes.ask([&](EndpointsClient& node) { return node.get(options.endpoint, 0); });
    if (!details) {
        return report(details.error());
    }
    Listing listing{{"version", "author", "published", "served"}, {}};
    for (const client::EndpointVersion& one : details->versions) {
        listing.rows.push_back({std::to_string(one.version), one.author, timeText(one.at_ms),
                                one.is_served ? std::optional<std::string>("yes") : std::nullopt});
    }
    return print(listing, options.format);
}

void printApplied(const client::AppliedEndpoint& one, const EndpointOptions& options) {
    using Change = client::AppliedEndpoint::Change;
    const char* words = one.change == Change::kCreated   ? "created"
                        : one.change == Change::kChanged ? "changed"
                        : one.change == Change::kRemoved ? "removed"
                                                         : "unchanged";
    if (one.change == Change::kRemoved) {
        std::printf("%s: removed\n", one.name.c_str());
    } else if (options.action == Action::kCheck) {
        std::printf("%s: right\n", one.name.c_str());
    } else if ((options.action == Action::kDiff || options.is_dry) && one.change != Change::kUnchanged) {
        std::printf("%s %s\n%s", one.change == Change::kCreated ? "new" : "changed", one.name.c_str(),
                    one.diff.c_str());
    } else if (options.action != Action::kDiff) {
        std::printf("%s: %s, version %lld\n", one.name.c_str(), words, static_cast<long long>(one.version));
    }
    for (const std::string& breaking : one.breaking) {
        std::fprintf(stderr, "%s: callers may fail: %s\n", one.name.c_str(), breaking.c_str());
    }
}

ExitCode applyFiles(Nodes& nodes, const EndpointOptions& options, const std::vector<client::EndpointFile>& files);

/// Callers of the newer version may fail by it: that is what it is asked for.
ExitCode rollBack(Nodes& nodes, EndpointOptions options) {
    const auto details = nodes.ask([&](EndpointsClient& node) { return node.get(options.endpoint, 0); });
    if (!details) {
        return report(details.error());
    }
    for (const client::EndpointVersion& one : details->versions) {
        const bool is_older = one.version < details->version.version;
        options.version = options.version == 0 && is_older ? one.version : options.version;
    }
    if (options.version == 0) {
        return reportError(fail(ErrorCode::kFailedPrecondition, "'" + options.endpoint + "' has no version before " +
                                                                    std::to_string(details->version.version)),
                           kFailure);
    }
    const auto older = nodes.ask([&](EndpointsClient& node) { return node.get(options.endpoint, options.version); });
    if (!older) {
        return report(older.error());
    }
    options.allows_breaking = true;
    // A model's file is called NAME.yaml.
    return applyFiles(nodes, options, {{options.endpoint, older->text}});
}

ExitCode applyEndpoints(Nodes& nodes, const EndpointOptions& options) {
    const auto read = readDefinitionFiles(options.files, {"an endpoint", {".sql", ".yaml", ".yml"}, kMostBytes});
    if (!read) {
        return reportError(read.error(), kUsage);
    }
    std::vector<client::EndpointFile> files;
    for (const DefinitionFile& file : *read) {
        files.push_back({file.origin, file.text});
    }
    return applyFiles(nodes, options, files);
}

/// What models make of their tables. Whether files are right is another question: that only counts them.
void printTableChanges(const std::vector<std::string>& statements, const EndpointOptions& options) {
    if (options.action == Action::kCheck) {
        if (!statements.empty()) {
            std::fprintf(stderr, "'apply' would change tables of models, by %zu %s: 'diff' shows it\n",
                         statements.size(), statements.size() == 1 ? "statement" : "statements");
        }
        return;
    }
    const bool is_dry = options.action == Action::kDiff || options.is_dry;
    if (is_dry && !statements.empty()) {
        std::printf("-- 'apply' would run:\n");
    }
    for (const std::string& statement : statements) {
        std::printf("%s%s;\n", is_dry ? "" : "done: ", statement.c_str());
    }
}

ExitCode applyFiles(Nodes& nodes, const EndpointOptions& options, const std::vector<client::EndpointFile>& files) {
    const bool only_looks = options.action == Action::kCheck || options.action == Action::kDiff;
    const bool is_dry = options.is_dry || only_looks;
    const auto applied =
        nodes.ask([&](EndpointsClient& node) { return node.apply(files, is_dry, options.allows_breaking); });
    if (!applied) {
        return report(applied.error());
    }
    for (const Error& problem : applied->problems) {
        reportError(problem, kFailure);
    }
    if (!applied->problems.empty()) {
        std::fprintf(stderr, "%zu %s: nothing is applied\n", applied->problems.size(),
                     applied->problems.size() == 1 ? "error" : "errors");
        return kFailure;
    }
    bool is_different = !applied->table_changes.empty();
    printTableChanges(applied->table_changes, options);
    for (const client::AppliedEndpoint& one : applied->endpoints) {
        is_different = is_different || one.change != client::AppliedEndpoint::Change::kUnchanged;
        printApplied(one, options);
    }
    return options.action == Action::kDiff && is_different ? kFailure : kSuccess;
}

}  // namespace

ExitCode runEndpoint(const EndpointOptions& options) {
    auto nodes = Nodes::open(options.mesh);
    if (!nodes) {
        return reportError(nodes.error(), kUsage);
    }
    switch (options.action) {
        case Action::kList:
            return printEndpoints(*nodes, options);
        case Action::kShow:
            return showEndpoint(*nodes, options);
        case Action::kHistory:
            return printHistory(*nodes, options);
        case Action::kTypes: {
            const auto text = nodes->ask([&](EndpointsClient& node) { return node.exportAs(options.language, {}); });
            return text ? std::fputs(text->c_str(), stdout) < 0 ? kFailure : kSuccess : report(text.error());
        }
        case Action::kRollback:
            return rollBack(*nodes, options);
        case Action::kRemove: {
            const auto done = nodes->ask([&](EndpointsClient& node) { return node.remove(options.endpoint); });
            return done ? kSuccess : report(done.error());
        }
        case Action::kInvalidate: {
            const auto names = nodes->ask([&](EndpointsClient& node) { return node.invalidate(options.tag); });
            if (!names) {
                return report(names.error());
            }
            std::fprintf(stderr, "%s\n",
                         names->empty() ? "no endpoint with this tag keeps answers" : join(*names, "\n").c_str());
            return kSuccess;
        }
        default:
            return applyEndpoints(*nodes, options);
    }
}

}  // namespace tessera::cli
