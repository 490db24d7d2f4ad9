#include "nodeservice/client/agent_client.h"

#include "common/process.h"
#include "common/strings.h"
#include "nodeservice/client/agent_paths.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/agent.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

namespace tessera::client {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kCallTime{30};
constexpr std::chrono::seconds kStartTime{30};

bool accepts(const fs::path& socket) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (socket.native().size() >= sizeof name.sun_path) {
        return false;
    }
    std::memcpy(name.sun_path, socket.c_str(), socket.native().size());
    const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

/// Beside this program, where it is installed and built; else in PATH.
std::string agentProgram() {
    std::error_code error;
    const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "tessera-agent";
    return !error && fs::exists(beside, error) ? beside.string() : "tessera-agent";
}

AgentProfile toProfile(const v1::AgentProfile& message) {
    AgentProfile profile{message.name(),   message.issuer(), message.is_signed_in(), message.subject(),
                         message.person(), message.note(),   message.access_until(), {}};
    for (const v1::AgentNode& node : message.nodes()) {
        profile.nodes.emplace_back(node.name(), node.address());
    }
    return profile;
}

LocalPort toPort(const v1::LocalPort& message) {
    return {message.profile(),
            message.node(),
            message.database(),
            static_cast<std::uint16_t>(message.port()),
            message.socket_directory(),
            message.user(),
            message.password(),
            message.is_temporary(),
            message.error()};
}

class GrpcAgentClient final : public AgentClient {
  public:
    explicit GrpcAgentClient(const fs::path& socket) {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
        stub_ = v1::Agent::NewStub(
            grpc::CreateCustomChannel("unix:" + socket.string(), grpc::InsecureChannelCredentials(), arguments));
    }

    Result<AgentStatus> status() override {
        const auto answer = TSR_TRY((call<v1::AgentStatusResponse>(&Stub::Status, v1::AgentStatusRequest())));
        AgentStatus status{answer.version(),
                           answer.pid(),
                           answer.profiles_file(),
                           answer.log_file(),
                           answer.is_persistent(),
                           answer.storage_note(),
                           {}};
        for (const v1::AgentProfile& profile : answer.profiles()) {
            status.profiles.push_back(toProfile(profile));
        }
        return status;
    }

    Result<SignedIn> login(const std::string& profile, bool by_device,
                           const std::function<void(const LoginStep&)>& on_step) override {
        v1::LoginRequest request;
        request.set_profile(profile);
        request.set_by_device(by_device);
        const v1::LoginEvent last = TSR_TRY(follow(&Stub::Login, request, on_step));
        const v1::SignedIn& done = last.signed_in();
        return SignedIn{done.profile(), done.subject(), done.person(), done.note()};
    }

    Result<JobGranted> grantJob(const JobGrantWish& wish,
                                const std::function<void(const LoginStep&)>& on_step) override {
        v1::GrantJobRequest request;
        request.set_profile(wish.profile);
        request.set_node(wish.node);
        request.set_job(wish.job);
        request.set_days(wish.days);
        request.set_by_device(wish.by_device);
        const v1::LoginEvent last = TSR_TRY(follow(&Stub::GrantJob, request, on_step));
        const v1::JobGranted& done = last.job_granted();
        return JobGranted{done.job(), done.person(), done.until_ms()};
    }

    void cancelLogin() override {
        const std::lock_guard lock(mutex_);
        is_cancelled_ = true;
        if (login_ != nullptr) {
            login_->TryCancel();
        }
    }

    Result<std::pair<std::string, std::string>> logout(const std::string& profile) override {
        v1::LogoutRequest request;
        request.set_profile(profile);
        const auto answer = TSR_TRY((call<v1::LogoutResponse>(&Stub::Logout, request)));
        return std::pair(answer.profile(), answer.note());
    }

    Result<LocalPort> openPort(const LocalPort& wanted) override {
        v1::OpenPortRequest request;
        request.set_profile(wanted.profile);
        request.set_node(wanted.node);
        request.set_database(wanted.database);
        request.set_port(wanted.port);
        return toPort(TSR_TRY((call<v1::LocalPort>(&Stub::OpenPort, request))));
    }

    Result<> closePort(const std::string& profile, const std::string& node) override {
        v1::ClosePortRequest request;
        request.set_profile(profile);
        request.set_node(node);
        TSR_TRY((call<v1::ClosePortResponse>(&Stub::ClosePort, request)));
        return {};
    }

    Result<std::vector<LocalPort>> listPorts() override {
        const auto answer = TSR_TRY((call<v1::ListPortsResponse>(&Stub::ListPorts, v1::ListPortsRequest())));
        std::vector<LocalPort> ports;
        for (const v1::LocalPort& port : answer.ports()) {
            ports.push_back(toPort(port));
        }
        return ports;
    }

    Result<LocalPort> showPort(const std::string& profile, const std::string& node) override {
        v1::ShowPortRequest request;
        request.set_profile(profile);
        request.set_node(node);
        return toPort(TSR_TRY((call<v1::LocalPort>(&Stub::ShowPort, request))));
    }

  private:
    using Stub = v1::Agent::StubInterface;

    /// What the person has to do, to the last event, which says how it ended.
    template <class Request>
    Result<v1::LoginEvent> follow(std::unique_ptr<grpc::ClientReaderInterface<v1::LoginEvent>> (Stub::*method)(
                                      grpc::ClientContext*, const Request&),
                                  const Request& request, const std::function<void(const LoginStep&)>& on_step) {
        grpc::ClientContext context;
        {
            const std::lock_guard lock(mutex_);
            login_ = &context;
            if (is_cancelled_) {
                context.TryCancel();
            }
        }
        const auto reader = ((*stub_).*method)(&context, request);
        v1::LoginEvent event;
        v1::LoginEvent last;
        while (reader->Read(&event)) {
            if (event.has_open_browser()) {
                on_step({event.open_browser().url(), {}, {}});
            } else if (event.has_enter_code()) {
                const v1::EnterCode& code = event.enter_code();
                on_step({code.url(), code.code(), code.complete_url()});
            } else {
                last = event;
            }
        }
        const grpc::Status status = reader->Finish();
        {
            const std::lock_guard lock(mutex_);
            login_ = nullptr;
        }
        return status.ok() ? Result<v1::LoginEvent>(std::move(last)) : Result<v1::LoginEvent>(agentError(status));
    }

    static Error agentError(const grpc::Status& status) {
        if (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty()) {
            return fail(ErrorCode::kUnavailable, "the agent has ended", "try again: it is started when it is needed");
        }
        return toError(status);
    }

    template <class Response, class Request>
    Result<Response> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          const Request& request) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + kCallTime);
        Response response;
        const grpc::Status status = ((*stub_).*method)(&context, request, &response);
        if (!status.ok()) {
            return agentError(status);
        }
        return response;
    }

    std::unique_ptr<v1::Agent::StubInterface> stub_;
    std::mutex mutex_;
    grpc::ClientContext* login_ = nullptr;  // guarded by mutex_
    bool is_cancelled_ = false;             // guarded by mutex_
};

/// The agent's word for what its status says of profiles that a program asks for.
Result<AgentProfile> chooseProfile(const AgentStatus& status, const std::string& name) {
    std::vector<std::string> names;
    for (const AgentProfile& profile : status.profiles) {
        if (profile.name == name || (name.empty() && profile.is_signed_in)) {
            return profile;
        }
        names.push_back(profile.name);
    }
    if (!name.empty()) {
        return fail(ErrorCode::kNotFound, "'" + status.profiles_file + "' has no profile '" + name + "'",
                    suggestion(name, names));
    }
    return fail(ErrorCode::kNotFound, "you are not signed in", "run 'tessera login'");
}

Result<MeshFile> meshOfAgent(const std::string& profile_name) {
    const auto agent = TSR_TRY(AgentClient::start());
    const AgentStatus status = TSR_TRY(agent->status());
    const AgentProfile profile = TSR_TRY(chooseProfile(status, profile_name));
    if (profile.nodes.empty()) {
        return fail(ErrorCode::kUnavailable, "the nodes of '" + profile.name + "' are not known", profile.note);
    }
    MeshFile mesh{profile.name, {}};
    for (const auto& [name, address] : profile.nodes) {
        mesh.nodes.push_back({.name = name,
                              .address = address,
                              .user = {},
                              .password = {},
                              .agent = AgentRoute{agentPaths().socket.string(), profile.name,
                                                  profile.person.empty() ? profile.subject : profile.person}});
    }
    return mesh;
}

}  // namespace

Result<std::unique_ptr<AgentClient>> AgentClient::connect() {
    const AgentPaths paths = agentPaths();
    const Result<> folder = checkPrivateFolder(paths.runtime_directory);
    if (!folder && folder.error().code != ErrorCode::kNotFound) {
        return folder.error();
    }
    if (!folder || !accepts(paths.socket)) {
        return fail(ErrorCode::kNotFound, "no agent runs", "'tessera login' starts it");
    }
    return std::unique_ptr<AgentClient>(std::make_unique<GrpcAgentClient>(paths.socket));
}

Result<std::unique_ptr<AgentClient>> AgentClient::start() {
    auto running = connect();
    if (running || running.error().code != ErrorCode::kNotFound) {
        return running;
    }
    const auto started = runChecked({.arguments = {agentProgram(), "start"}}, kStartTime);
    if (!started) {
        return Error(started.error()).withContext("starting the agent");
    }
    return connect();
}

Result<MeshFile> findMesh(const MeshChoice& choice) {
    if (choice.file) {
        return loadMeshFile(choice.file);
    }
    if (!choice.profile.empty()) {
        return meshOfAgent(choice.profile);
    }
    std::error_code unreadable;
    const bool has_profiles = fs::exists(agentPaths().profiles_file, unreadable);
    const bool is_named = std::getenv("TESSERA_MESH") != nullptr;
    if (!has_profiles || is_named) {
        return loadMeshFile(std::nullopt);
    }
    auto mesh = meshOfAgent({});
    if (!mesh && mesh.error().code == ErrorCode::kNotFound && fs::exists(defaultMeshFilePath(), unreadable)) {
        return loadMeshFile(std::nullopt);
    }
    return mesh;
}

}  // namespace tessera::client
