// The command line client: everything the workbench does, scriptable.

#include "app/cli/agent_command.h"
#include "app/cli/catalog_command.h"
#include "app/cli/endpoint_command.h"
#include "app/cli/exit_codes.h"
#include "app/cli/interrupt.h"
#include "app/cli/job_command.h"
#include "app/cli/options.h"
#include "app/cli/query_command.h"
#include "app/cli/store_command.h"

#include <csignal>
#include <cstdio>

namespace tessera::cli {
namespace {

int run(int argc, const char* const* argv) {
    std::signal(SIGPIPE, SIG_IGN);
    InterruptWatch interrupts;
    const Result<Command> command = parseCommandLine(argc, argv);
    if (!command) {
        std::fprintf(stderr, "tessera: %s\n", command.error().describe().c_str());
        return kUsage;
    }
    if (const auto* shown = std::get_if<ShowText>(&*command)) {
        return std::fputs(shown->text.c_str(), stdout) < 0 ? kFailure : kSuccess;
    }
    if (const auto* query = std::get_if<QueryOptions>(&*command)) {
        return runQuery(*query, interrupts);
    }
    if (const auto* catalog = std::get_if<CatalogOptions>(&*command)) {
        return runCatalog(*catalog);
    }
    if (const auto* login = std::get_if<LoginOptions>(&*command)) {
        return runLogin(*login, interrupts);
    }
    if (const auto* logout = std::get_if<LogoutOptions>(&*command)) {
        return runLogout(*logout);
    }
    if (const auto* status = std::get_if<StatusOptions>(&*command)) {
        return runStatus(*status);
    }
    if (const auto* whoami = std::get_if<WhoamiOptions>(&*command)) {
        return runWhoami(*whoami);
    }
    if (const auto* store = std::get_if<StoreOptions>(&*command)) {
        return runStore(*store, interrupts);
    }
    if (const auto* job = std::get_if<JobOptions>(&*command)) {
        return runJob(*job, interrupts);
    }
    if (const auto* endpoint = std::get_if<EndpointOptions>(&*command)) {
        return runEndpoint(*endpoint);
    }
    if (const auto* port = std::get_if<PortOptions>(&*command)) {
        return runPort(*port);
    }
    return runNodes(std::get<NodesOptions>(*command));
}

}  // namespace
}  // namespace tessera::cli

int main(int argc, char** argv) {
    return tessera::cli::run(argc, argv);
}
