#pragma once

/// A sign-in through the agent, while a program goes on: on a thread of its own, which ends with the object.

#include "nodeservice/client/agent_client.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tessera::app {

class SignIn {
  public:
    /// Both are called on the sign-in's thread, `done` once and last: hand them to your own thread.
    struct Callbacks {
        std::function<void(client::LoginStep)> on_step;
        std::function<void(Result<client::SignedIn>)> done;
    };

    explicit SignIn(Callbacks callbacks);
    /// Gives it up if it is still under way, and waits for the thread: at most as long as the agent takes to start.
    ~SignIn();

    SignIn(const SignIn&) = delete;
    SignIn& operator=(const SignIn&) = delete;

  private:
    Result<client::SignedIn> run();

    const Callbacks callbacks_;
    std::mutex mutex_;
    bool is_given_up_ = false;                    // guarded by mutex_
    std::shared_ptr<client::AgentClient> agent_;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tessera::app
