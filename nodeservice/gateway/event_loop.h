#pragma once

/// A thread that waits for many sockets, and what lives on it. Everything that is added belongs to this thread; stop()
/// ends it all and joins.

#include "nodeservice/gateway/task.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <set>
#include <string>
#include <thread>

namespace tessera::gateway {

/// What can be told to end: its coroutines then see the end of their sockets.
class Closable {
  public:
    virtual ~Closable() = default;
    virtual void shutdown() = 0;

    /// Certificates, and what is said of them, have been read again.
    virtual void certificatesChanged() {}
};

class EventLoop {
  public:
    explicit EventLoop(const std::string& name);

    ~EventLoop() { stop(); }

    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    boost::asio::io_context& context() { return context_; }

    /// On the loop's thread only.
    void add(Closable& closable) { open_.insert(&closable); }

    void remove(Closable& closable) { open_.erase(&closable); }

    /// Tells what is open. Any thread.
    void certificatesChanged();

    /// Shuts down what is open, and waits for its end. Not from the loop's thread; may be called again.
    void stop();

  private:
    Task<> endAll();

    // Before the context, whose destructor destroys what has not ended.
    std::set<Closable*> open_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread thread_;
};

}  // namespace tessera::gateway
