#include "app/core/mesh/sign_in.h"

#include <utility>

namespace tessera::app {

SignIn::SignIn(Callbacks callbacks) : callbacks_(std::move(callbacks)), thread_([this] { callbacks_.done(run()); }) {}

SignIn::~SignIn() {
    {
        const std::lock_guard lock(mutex_);
        is_given_up_ = true;
        if (agent_) {
            agent_->cancelLogin();
        }
    }
    thread_.join();
}

Result<client::SignedIn> SignIn::run() {
    std::shared_ptr<client::AgentClient> agent = TSR_TRY(client::AgentClient::start());
    {
        const std::lock_guard lock(mutex_);
        if (is_given_up_) {
            return fail(ErrorCode::kCancelled, "the sign-in was given up");
        }
        agent_ = agent;
    }
    return agent->login({}, false, callbacks_.on_step);
}

}  // namespace tessera::app
