#include "app/cli/agent_command.h"

#include "app/cli/listing.h"
#include "app/cli/login_steps.h"
#include "app/cli/one_row.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/port_texts.h"

#include <cstdio>
#include <future>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::cli {

namespace {

using client::AgentClient;

void tell(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

std::string nameOf(const std::string& person, const std::string& subject) {
    return person.empty() ? subject : person;
}

ExitCode failed(const Error& error) {
    return reportError(error, exitCodeOf(error));
}

/// Lines of one name stand below each other.
void printLine(const std::string& name, std::string text) {
    constexpr int kWidth = 12;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1)) {
        text.insert(end + 1, kWidth + 1, ' ');
    }
    std::printf("%-*s %s\n", kWidth, name.c_str(), text.c_str());
}

void printConnections(const client::LocalPort& port) {
    printLine("node", port.profile + "/" + port.node);
    printLine("host", "127.0.0.1");
    printLine("port", std::to_string(port.port));
    printLine("database", port.database);
    printLine("user", port.user);
    printLine("password",
              port.password + (port.is_temporary ? "    (another one when the agent is started again)" : ""));
    std::printf("\n");
    for (const client::PortText& text : client::portTexts(port)) {
        printLine(text.name, text.text + (text.note.empty() ? "" : "    (" + text.note + ")"));
    }
}

ExitCode listPorts(AgentClient& agent, app::OutputFormat format) {
    const auto ports = agent.listPorts();
    if (!ports) {
        return failed(ports.error());
    }
    Listing listing{{"profile", "node", "database", "port", "socket", "state"}, {}};
    for (const client::LocalPort& port : *ports) {
        listing.rows.push_back({port.profile, port.node, port.database, std::to_string(port.port),
                                orNull(port.socket_directory), port.error.empty() ? "open" : port.error});
    }
    return print(listing, format);
}

/// Where a person may be somebody: a node of a profile, or a profile alone whose nodes are not to be asked.
struct Place {
    std::string profile;
    client::NodeAddress node;
    // What is known without the node.
    std::string person;
    std::string subject;
    std::string issuer;
    /// Why there is no node, if that is a fault.
    std::optional<Error> fault;
};

void addProfile(const client::AgentProfile& profile, std::vector<Place>& places) {
    const Place alone{profile.name,   {},          nameOf(profile.person, profile.subject), profile.subject,
                      profile.issuer, std::nullopt};
    const auto mesh = profile.is_signed_in ? client::findMesh({std::nullopt, profile.name})
                                           : Result<client::MeshFile>(client::MeshFile{});
    for (const client::NodeAddress& node : mesh ? mesh->nodes : std::vector<client::NodeAddress>()) {
        places.push_back(alone);
        places.back().node = node;
    }
    if (!mesh || mesh->nodes.empty()) {
        places.push_back(alone);
        places.back().fault = mesh ? std::nullopt : std::optional(mesh.error());
    }
}

/// `wanted`: a profile's name; empty: all of them, or the mesh file if nobody is signed in anywhere.
Result<std::vector<Place>> placesOf(const client::AgentStatus& status, const std::string& wanted) {
    const std::string only = wanted.empty() && status.profiles.size() == 1 ? status.profiles.front().name : wanted;
    std::vector<Place> places;
    bool is_somebody = false;
    for (const client::AgentProfile& profile : status.profiles) {
        if (profile.name == only && !profile.is_signed_in) {
            return fail(ErrorCode::kUnauthenticated,
                        "you are not signed in to '" + only + "'" + (profile.note.empty() ? "" : ": " + profile.note),
                        "run 'tessera login " + only + "'");
        }
        if (only.empty() || profile.name == only) {
            addProfile(profile, places);
            is_somebody = is_somebody || profile.is_signed_in;
        }
    }
    if (is_somebody) {
        return places;
    }
    places.clear();
    for (const client::NodeAddress& node : TSR_TRY(client::findMesh({std::nullopt, only})).nodes) {
        places.push_back({{}, node, node.user, {}, {}, std::nullopt});
    }
    return places;
}

/// Role, subject and issuer, as the place has them.
Result<app::TextRow> whoamiAt(const Place& place) {
    if (place.fault) {
        return *place.fault;
    }
    if (place.node.name.empty()) {
        return app::TextRow{std::nullopt, orNull(place.subject), orNull(place.issuer)};
    }
    const auto node = TSR_TRY(client::NodeClient::create(place.node));
    return firstRow(*node, "SELECT current_user, tessera.user_id(), tessera.identity() ->> 'issuer'");
}

std::string lineOf(const Error& error, const std::string& node) {
    const bool is_named = error.message.find("'" + node + "'") != std::string::npos;
    return (is_named || node.empty() ? "" : "node '" + node + "': ") + error.message +
           (error.hint.empty() ? "" : " (" + error.hint + ")");
}

}  // namespace

ExitCode runLogin(const LoginOptions& options, InterruptWatch& interrupts) {
    const auto agent = AgentClient::start();
    if (!agent) {
        return failed(agent.error());
    }
    interrupts.setHandler([&agent] { (*agent)->cancelLogin(); });
    const auto signed_in =
        (*agent)->login(options.profile, options.by_device,
                        [&options](const client::LoginStep& step) { showLoginStep(step, options.no_browser); });
    interrupts.setHandler({});
    if (!signed_in) {
        if (signed_in.error().code == ErrorCode::kCancelled) {
            tell("Given up");
            return kInterrupted;
        }
        return failed(signed_in.error());
    }
    tell("Signed in to " + signed_in->profile + " as " + nameOf(signed_in->person, signed_in->subject));
    if (!signed_in->note.empty()) {
        tell("NOTE: " + signed_in->note);
    }
    return kSuccess;
}

ExitCode runLogout(const LogoutOptions& options) {
    const auto agent = AgentClient::connect();
    if (!agent) {
        return failed(agent.error());
    }
    const auto done = (*agent)->logout(options.profile);
    if (!done) {
        return failed(done.error());
    }
    tell("Signed out of " + done->first);
    if (!done->second.empty()) {
        tell("NOTE: " + done->second);
    }
    return kSuccess;
}

ExitCode runStatus(const StatusOptions& options) {
    const auto agent = AgentClient::connect();
    if (!agent) {
        return failed(agent.error());
    }
    const auto status = (*agent)->status();
    if (!status) {
        return failed(status.error());
    }
    tell("tessera-agent " + status->version + ", process " + std::to_string(status->pid) + "\nprofiles  " +
         status->profiles_file + "\nlog       " + status->log_file + "\nstorage   " +
         (status->is_persistent ? "the keychain" : "memory only"));
    if (!status->storage_note.empty()) {
        tell("NOTE: " + status->storage_note);
    }
    Listing listing{{"profile", "issuer", "signed in as", "access until", "note"}, {}};
    for (const client::AgentProfile& profile : status->profiles) {
        const bool is_new = !profile.is_signed_in && profile.note.empty();
        listing.rows.push_back(
            {profile.name, profile.issuer,
             profile.is_signed_in ? orNull(nameOf(profile.person, profile.subject)) : std::nullopt,
             timeText(profile.access_until * 1000),
             is_new ? "not signed in: run 'tessera login " + profile.name + "'" : orNull(profile.note)});
    }
    return print(listing, options.format);
}

ExitCode runWhoami(const WhoamiOptions& options) {
    const auto agent = AgentClient::start();
    const auto status = agent ? (*agent)->status() : Result<client::AgentStatus>(agent.error());
    if (!status) {
        return failed(status.error());
    }
    const auto places = placesOf(*status, options.profile);
    if (!places) {
        return failed(places.error());
    }
    // All at once: those that are away take their time to say so.
    std::vector<std::future<Result<app::TextRow>>> answers;
    for (const Place& place : *places) {
        answers.push_back(std::async(std::launch::async, [&place] { return whoamiAt(place); }));
    }
    Listing listing{{"profile", "node", "signed in as", "role", "subject", "issuer"}, {}};
    ExitCode code = kSuccess;
    for (std::size_t i = 0; i < places->size(); ++i) {
        const Place& place = places->at(i);
        app::TextRow row{orNull(place.profile), orNull(place.node.name), orNull(place.person)};
        const auto answer = answers.at(i).get();
        if (!answer) {
            code = exitCodeOf(answer.error());
            tell("ERROR: " + lineOf(answer.error(), place.node.name));
        }
        const app::TextRow known{std::nullopt, orNull(place.subject), orNull(place.issuer)};
        const app::TextRow& more = answer ? *answer : known;
        row.insert(row.end(), more.begin(), more.end());
        listing.rows.push_back(std::move(row));
    }
    const ExitCode printed = print(listing, options.format);
    return printed != kSuccess ? printed : code;
}

ExitCode runPort(const PortOptions& options) {
    const auto agent = AgentClient::start();
    if (!agent) {
        return failed(agent.error());
    }
    if (options.action == PortOptions::Action::kList) {
        return listPorts(**agent, options.format);
    }
    if (options.action == PortOptions::Action::kClose) {
        const auto closed = (*agent)->closePort(options.profile, options.node);
        return closed ? kSuccess : failed(closed.error());
    }
    client::LocalPort wanted;
    wanted.profile = options.profile;
    wanted.node = options.node;
    wanted.database = options.database;
    wanted.port = options.port;
    const auto port = options.action == PortOptions::Action::kOpen ? (*agent)->openPort(wanted)
                                                                   : (*agent)->showPort(options.profile, options.node);
    if (!port) {
        return failed(port.error());
    }
    printConnections(*port);
    return kSuccess;
}

}  // namespace tessera::cli
