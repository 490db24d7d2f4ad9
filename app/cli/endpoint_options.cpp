#include "app/cli/endpoint_options.h"

#include <CLI/CLI.hpp>

#include <tuple>

namespace tessera::cli {

namespace {

using Action = EndpointOptions::Action;

class EndpointCommands {
  public:
    EndpointCommands(CLI::App& command, EndpointOptions& endpoint, std::string& mesh_file)
        : command_(command), endpoint_(endpoint), mesh_file_(mesh_file) {}

    void addAll() {
        addListing(*add("list", "The endpoints that are served", Action::kList));
        addNamed("show", "An endpoint's file", Action::kShow)
            ->add_option("--version", endpoint_.version, "Another version (default: the one that is served)")
            ->type_name("NUMBER");
        addListing(*addNamed("history", "An endpoint's versions, also when it was removed", Action::kHistory));
        CLI::App* apply = add("apply", "Publish the endpoints of files: all of them or none", Action::kApply);
        addFiles(*apply);
        apply->add_flag("--dry-run", endpoint_.is_dry, "Only say what would change");
        apply->add_flag("--breaking", endpoint_.allows_breaking, "Also what makes callers of the version before fail");
        addFiles(*add("check", "Whether files could be published; exit code 1 if not", Action::kCheck));
        addFiles(*add("diff", "What 'apply' would change; exit code 1 if anything", Action::kDiff));
        addTypes();
        addNamed("rollback", "Publish an older version of an endpoint again, as its newest", Action::kRollback)
            ->add_option("--version", endpoint_.version, "Which (default: the one before the one that is served)")
            ->type_name("NUMBER");
        addNamed("remove", "Serve an endpoint no more; its versions stay", Action::kRemove);
        add("invalidate", "Give kept answers of endpoints with a tag no more, on any node", Action::kInvalidate)
            ->add_option("tag", endpoint_.tag, "One of their 'tags'")
            ->required()
            ->type_name("TAG");
    }

  private:
    CLI::App* add(const char* name, const char* help, Action action) {
        CLI::App* sub = command_.add_subcommand(name, help);
        sub->callback([&endpoint = endpoint_, action] { endpoint.action = action; });
        sub->add_option("-n,--node", endpoint_.mesh.node, "The node to ask (default: the first that answers)")
            ->type_name("NAME");
        sub->add_option("-m,--mesh", mesh_file_, "The mesh file")->type_name("FILE");
        sub->add_option("--profile", endpoint_.mesh.profile, "A profile of the agent, instead of a mesh file")
            ->type_name("NAME");
        return sub;
    }

    CLI::App* addNamed(const char* name, const char* help, Action action) {
        CLI::App* sub = add(name, help, action);
        sub->add_option("endpoint", endpoint_.endpoint, "Its name")->required()->type_name("ENDPOINT");
        return sub;
    }

    void addTypes() {
        CLI::App* types = add("types", "What programs know of the endpoints that you may call", Action::kTypes);
        for (const auto& [flag, language, help] :
             {std::tuple("--ts", "ts", "TypeScript: types and a client (the default)"),
              std::tuple("--jsdoc", "jsdoc", "The same in JavaScript, with types in comments"),
              std::tuple("--python", "python", "Python: types and a client"),
              std::tuple("--go", "go", "Go: types and a client"),
              std::tuple("--json-schema", "json-schema", "JSON Schema of parameters and rows"),
              std::tuple("--openapi", "openapi", "OpenAPI 3.1")}) {
            types->add_flag_callback(
                flag, [&endpoint = endpoint_, language = std::string(language)] { endpoint.language = language; },
                help);
        }
    }

    void addListing(CLI::App& sub) {
        sub.add_option("-f,--format", endpoint_.format, "table, csv, json or ndjson (default: table)")
            ->transform(CLI::CheckedTransformer(outputFormats(), CLI::ignore_case).description(""))
            ->type_name("FORMAT");
    }

    void addFiles(CLI::App& sub) {
        sub.add_option("files", endpoint_.files, "SQL files with a header, YAML files of models, and folders of them")
            ->required()
            ->type_name("FILE…");
    }

    CLI::App& command_;
    EndpointOptions& endpoint_;
    std::string& mesh_file_;
};

}  // namespace

void addEndpoint(CLI::App& app, EndpointOptions& endpoint, std::string& mesh_file) {
    CLI::App* command = app.add_subcommand(
        "endpoint", "Queries published as typed endpoints: apply them from files, see what there is");
    command->require_subcommand(1);
    command->footer(R"(
An endpoint is an SQL file with a header, which can live in git; docs/endpoints.md says what is in it.

Examples:
  tessera endpoint check endpoints/            are they right?
  tessera endpoint diff endpoints/             what differs from what is served
  tessera endpoint apply endpoints/
  tessera endpoint show orders-by-country
  tessera endpoint types --ts > client.ts
  curl "$NODE/api/v1/endpoints/orders-by-country?country=United+States&limit=20")");
    EndpointCommands(*command, endpoint, mesh_file).addAll();
}

}  // namespace tessera::cli
