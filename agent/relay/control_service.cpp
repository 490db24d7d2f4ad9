#include "agent/relay/control_service.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/agent.grpc.pb.h"

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <mutex>
#include <utility>

namespace tessera::agent {

namespace {

void fill(v1::LocalPort& message, const client::LocalPort& port) {
    message.set_profile(port.profile);
    message.set_node(port.node);
    message.set_database(port.database);
    message.set_port(port.port);
    message.set_socket_directory(port.socket_directory);
    message.set_user(port.user);
    message.set_password(port.password);
    message.set_is_temporary(port.is_temporary);
    message.set_error(port.error);
}

void fill(v1::AgentStatusResponse& message, const client::AgentStatus& status) {
    message.set_version(status.version);
    message.set_pid(status.pid);
    message.set_profiles_file(status.profiles_file);
    message.set_log_file(status.log_file);
    message.set_is_persistent(status.is_persistent);
    message.set_storage_note(status.storage_note);
    for (const client::AgentProfile& profile : status.profiles) {
        v1::AgentProfile& shown = *message.add_profiles();
        shown.set_name(profile.name);
        shown.set_issuer(profile.issuer);
        shown.set_is_signed_in(profile.is_signed_in);
        shown.set_subject(profile.subject);
        shown.set_person(profile.person);
        shown.set_note(profile.note);
        shown.set_access_until(profile.access_until);
        for (const auto& [name, address] : profile.nodes) {
            v1::AgentNode& node = *shown.add_nodes();
            node.set_name(name);
            node.set_address(address);
        }
    }
}

template <class T>
grpc::Status statusOf(const Result<T>& result) {
    return result ? grpc::Status::OK : client::toStatus(result.error());
}

/// A sign-in's stream. The sign-in itself is the session's: it ends with one result, also when the caller goes.
class LoginCall final : public grpc::ServerWriteReactor<v1::LoginEvent>,
                        public std::enable_shared_from_this<LoginCall> {
  public:
    LoginCall(Agent& agent, std::string profile) : agent_(agent), profile_(std::move(profile)) {}

    void login(bool by_device) {
        begin([by_device](const std::shared_ptr<LoginCall>& self) {
            self->agent_.login(
                self->profile_, by_device, [self](const Session::Step& step) { self->tell(step); },
                [self](const Result<client::SignedIn>& result) {
                    v1::LoginEvent event;
                    if (result) {
                        v1::SignedIn& done = *event.mutable_signed_in();
                        done.set_profile(result->profile);
                        done.set_subject(result->subject);
                        done.set_person(result->person);
                        done.set_note(result->note);
                    }
                    self->end(statusOf(result), std::move(event));
                });
        });
    }

    void grant(const client::JobGrantWish& wish) {
        begin([wish](const std::shared_ptr<LoginCall>& self) {
            self->agent_.grantJob(
                wish, [self](const Session::Step& step) { self->tell(step); },
                [self](const Result<client::JobGranted>& result) {
                    v1::LoginEvent event;
                    if (result) {
                        v1::JobGranted& done = *event.mutable_job_granted();
                        done.set_job(result->job);
                        done.set_person(result->person);
                        done.set_until_ms(result->until_ms);
                    }
                    self->end(statusOf(result), std::move(event));
                });
        });
    }

    void OnWriteDone(bool ok) override {
        const std::lock_guard lock(mutex_);
        events_.pop_front();
        if (!ok) {
            events_.clear();
        }
        goOn();
    }

    void OnCancel() override {
        agent_.post([self = shared_from_this()] {
            if (!self->is_over_) {
                self->agent_.cancelLogin(self->profile_);
            }
        });
    }

    void OnDone() override { const std::shared_ptr<LoginCall> last = std::move(self_); }

  private:
    template <class Work>
    void begin(Work work) {
        self_ = shared_from_this();
        agent_.post([self = shared_from_this(), work] { work(self); });
    }

    void tell(const Session::Step& step) {
        v1::LoginEvent event;
        if (step.code.empty()) {
            event.mutable_open_browser()->set_url(step.url);
        } else {
            event.mutable_enter_code()->set_url(step.url);
            event.mutable_enter_code()->set_code(step.code);
            event.mutable_enter_code()->set_complete_url(step.complete_url);
        }
        push(std::move(event));
    }

    /// `event`: of one that is good.
    void end(const grpc::Status& status, v1::LoginEvent event) {
        is_over_ = true;
        if (status.ok()) {
            push(std::move(event));
        }
        const std::lock_guard lock(mutex_);
        status_ = status;
        if (events_.empty()) {
            Finish(*status_);
        }
    }

    void push(v1::LoginEvent event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
        if (events_.size() == 1) {
            StartWrite(&events_.front());
        }
    }

    void goOn() {
        if (!events_.empty()) {
            StartWrite(&events_.front());
        } else if (status_) {
            Finish(*status_);
        }
    }

    Agent& agent_;
    const std::string profile_;
    bool is_over_ = false;  // main thread
    std::recursive_mutex mutex_;
    std::deque<v1::LoginEvent> events_;   // guarded by mutex_; the first is being written
    std::optional<grpc::Status> status_;  // guarded by mutex_
    std::shared_ptr<LoginCall> self_;
};

/// A workbench that lists notices, until it goes.
class NoticesCall final : public grpc::ServerWriteReactor<v1::AgentNotice>,
                          public std::enable_shared_from_this<NoticesCall> {
  public:
    explicit NoticesCall(Agent& agent) : agent_(agent) {}

    void start() {
        self_ = shared_from_this();
        agent_.post([self = shared_from_this()] {
            self->watcher_ = self->agent_.notices()->watch(
                [self](const Notice& notice, NoticeBoard::Event event) { self->push(notice, event); });
        });
    }

    void OnWriteDone(bool ok) override {
        const std::lock_guard lock(mutex_);
        events_.pop_front();
        is_over_ = is_over_ || !ok;
        if (is_over_) {
            Finish(grpc::Status::CANCELLED);
        } else if (!events_.empty()) {
            StartWrite(&events_.front());
        }
    }

    void OnCancel() override {
        agent_.post([self = shared_from_this()] { self->agent_.notices()->unwatch(self->watcher_); });
        const std::lock_guard lock(mutex_);
        // One that is being written ends it when it is.
        if (!std::exchange(is_over_, true) && events_.empty()) {
            Finish(grpc::Status::CANCELLED);
        }
    }

    void OnDone() override { const std::shared_ptr<NoticesCall> last = std::move(self_); }

  private:
    void push(const Notice& notice, NoticeBoard::Event event) {
        v1::AgentNotice message;
        message.set_event(static_cast<v1::AgentNoticeEvent>(event));
        message.set_profile(notice.profile);
        message.set_run(notice.run);
        message.set_job(notice.job);
        message.set_state(notice.state);
        message.set_error(notice.error);
        message.set_node(notice.run_node);
        message.set_at_ms(notice.at_ms);
        const std::lock_guard lock(mutex_);
        if (is_over_ || events_.size() >= kMostWaiting) {
            return;
        }
        events_.push_back(std::move(message));
        if (events_.size() == 1) {
            StartWrite(&events_.front());
        }
    }

    static constexpr std::size_t kMostWaiting = 1000;

    Agent& agent_;
    std::uint64_t watcher_ = 0;  // main thread
    std::recursive_mutex mutex_;
    std::deque<v1::AgentNotice> events_;  // guarded by mutex_; the first is being written
    bool is_over_ = false;                // guarded by mutex_
    std::shared_ptr<NoticesCall> self_;
};

class ControlService final : public v1::Agent::CallbackService {
  public:
    explicit ControlService(Agent& agent) : agent_(agent) {}

    grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context, const v1::AgentStatusRequest*,
                                     v1::AgentStatusResponse* response) override {
        grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
        agent_.post([this, reactor, response] {
            agent_.status([reactor, response](const Result<client::AgentStatus>& status) {
                if (status) {
                    fill(*response, *status);
                }
                reactor->Finish(statusOf(status));
            });
        });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::LoginEvent>* Login(grpc::CallbackServerContext*,
                                                    const v1::LoginRequest* request) override {
        const auto call = std::make_shared<LoginCall>(agent_, request->profile());
        call->login(request->by_device());
        return call.get();
    }

    grpc::ServerWriteReactor<v1::LoginEvent>* GrantJob(grpc::CallbackServerContext*,
                                                       const v1::GrantJobRequest* request) override {
        const auto call = std::make_shared<LoginCall>(agent_, request->profile());
        call->grant({request->profile(), request->node(), request->job(), request->days(), request->by_device()});
        return call.get();
    }

    grpc::ServerWriteReactor<v1::AgentNotice>* Notices(grpc::CallbackServerContext*,
                                                       const v1::AgentNoticesRequest*) override {
        const auto call = std::make_shared<NoticesCall>(agent_);
        call->start();
        return call.get();
    }

    grpc::ServerUnaryReactor* Logout(grpc::CallbackServerContext* context, const v1::LogoutRequest* request,
                                     v1::LogoutResponse* response) override {
        grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
        agent_.post([this, reactor, request, response] {
            agent_.logout(request->profile(),
                          [reactor, response](const Result<std::pair<std::string, std::string>>& done) {
                              if (done) {
                                  response->set_profile(done->first);
                                  response->set_note(done->second);
                              }
                              reactor->Finish(statusOf(done));
                          });
        });
        return reactor;
    }

    grpc::ServerUnaryReactor* OpenPort(grpc::CallbackServerContext* context, const v1::OpenPortRequest* request,
                                       v1::LocalPort* response) override {
        return reply(context, [this, request, response]() -> Result<> {
            client::LocalPort wanted;
            wanted.profile = request->profile();
            wanted.node = request->node();
            wanted.database = request->database();
            if (request->port() > 65535) {
                return fail(ErrorCode::kInvalidArgument, "there is no port " + std::to_string(request->port()));
            }
            wanted.port = static_cast<std::uint16_t>(request->port());
            fill(*response, TSR_TRY(agent_.openPort(std::move(wanted))));
            return {};
        });
    }

    grpc::ServerUnaryReactor* ClosePort(grpc::CallbackServerContext* context, const v1::ClosePortRequest* request,
                                        v1::ClosePortResponse*) override {
        return reply(context, [this, request] { return agent_.closePort(request->profile(), request->node()); });
    }

    grpc::ServerUnaryReactor* ListPorts(grpc::CallbackServerContext* context, const v1::ListPortsRequest*,
                                        v1::ListPortsResponse* response) override {
        return reply(context, [this, response] {
            for (const client::LocalPort& port : agent_.listPorts()) {
                fill(*response->add_ports(), port);
            }
            return Result<>();
        });
    }

    grpc::ServerUnaryReactor* ShowPort(grpc::CallbackServerContext* context, const v1::ShowPortRequest* request,
                                       v1::LocalPort* response) override {
        return reply(context, [this, request, response]() -> Result<> {
            fill(*response, TSR_TRY(agent_.showPort(request->profile(), request->node())));
            return {};
        });
    }

  private:
    /// Does it on the agent's thread. The call's objects live until Finish().
    grpc::ServerUnaryReactor* reply(grpc::CallbackServerContext* context, std::function<Result<>()> work) {
        grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
        agent_.post([reactor, work = std::move(work)] { reactor->Finish(statusOf(work())); });
        return reactor;
    }

    Agent& agent_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeControlService(Agent& agent) {
    return std::make_unique<ControlService>(agent);
}

}  // namespace tessera::agent
