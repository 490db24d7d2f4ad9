#pragma once

/// What the agent does while its person is in a browser, and a program goes on: on a thread of its own, which ends with
/// the object.

#include "nodeservice/client/agent_client.h"

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace tessera::app {

/// `T`: what it is in the end, as of AgentClient::login() and grantJob().
template <class T>
class AgentCall {
  public:
    /// Both are called on the call's thread, `done` once and last: hand them to your own thread.
    struct Callbacks {
        std::function<void(client::LoginStep)> on_step;
        std::function<void(Result<T>)> done;
    };

    using Open = std::function<Result<std::unique_ptr<client::AgentClient>>()>;
    using Ask = std::function<Result<T>(client::AgentClient&, const std::function<void(const client::LoginStep&)>&)>;

    /// `open` finds the agent, after whatever is to be looked at before; then `ask` asks it.
    AgentCall(Open open, Ask ask, Callbacks callbacks)
        : open_(std::move(open)),
          ask_(std::move(ask)),
          callbacks_(std::move(callbacks)),
          thread_([this] { callbacks_.done(run()); }) {}

    /// Gives it up if it is still under way, and waits for the thread: at most as long as `open` takes.
    ~AgentCall() {
        {
            const std::lock_guard lock(mutex_);
            is_given_up_ = true;
            if (agent_) {
                agent_->cancelLogin();
            }
        }
        thread_.join();
    }

    AgentCall(const AgentCall&) = delete;
    AgentCall& operator=(const AgentCall&) = delete;

  private:
    Result<T> run() {
        std::shared_ptr<client::AgentClient> agent = TSR_TRY(open_());
        {
            const std::lock_guard lock(mutex_);
            if (is_given_up_) {
                return fail(ErrorCode::kCancelled, "the sign-in was given up");
            }
            agent_ = agent;
        }
        return ask_(*agent, callbacks_.on_step);
    }

    const Open open_;
    const Ask ask_;
    const Callbacks callbacks_;
    std::mutex mutex_;
    bool is_given_up_ = false;                    // guarded by mutex_
    std::shared_ptr<client::AgentClient> agent_;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tessera::app
