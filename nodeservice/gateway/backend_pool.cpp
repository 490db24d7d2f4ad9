#include "nodeservice/gateway/backend_pool.h"

#include <sys/socket.h>

#include <cerrno>
#include <iterator>
#include <utility>

namespace tessera::gateway {

namespace {

/// An idle session's socket has nothing to read unless the server has closed it, or says that it is about to.
bool isQuiet(int socket) {
    char byte = 0;
    return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace

std::string poolKeyOf(const BackendRequest& request) {
    std::string key;
    const auto add = [&key](char kind, const std::string& text) {
        key += kind + std::to_string(text.size()) + ":" + text;
    };
    add('r', request.role);
    if (request.context) {
        add('c', *request.context);
    }
    for (const auto& [name, value] : request.settings) {
        add('n', name);
        add('v', value);
    }
    return key;
}

std::optional<BackendPool::Session> BackendPool::take(const std::string& key) {
    // Closed behind the lock.
    std::list<Idle> dead;
    const std::lock_guard lock(mutex_);
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        const auto current = entry++;
        if (current->key != key) {
            continue;
        }
        dead.splice(dead.end(), idle_, current);
        if (isQuiet(current->session.socket.get())) {
            return std::move(current->session);
        }
    }
    return std::nullopt;
}

void BackendPool::keep(const std::string& key, Session session) {
    std::list<Idle> dropped;
    const std::lock_guard lock(mutex_);
    idle_.push_front({key, std::move(session), Clock::now()});
    if (idle_.size() > limits_.sessions) {
        dropped.splice(dropped.end(), idle_, std::prev(idle_.end()));
    }
}

void BackendPool::expire() {
    std::list<Idle> dropped;
    const std::lock_guard lock(mutex_);
    const auto oldest = Clock::now() - limits_.idle_time;
    while (!idle_.empty() && idle_.back().since < oldest) {
        dropped.splice(dropped.end(), idle_, std::prev(idle_.end()));
    }
}

void BackendPool::clear() {
    std::list<Idle> dropped;
    const std::lock_guard lock(mutex_);
    dropped.swap(idle_);
}

std::size_t BackendPool::size() const {
    const std::lock_guard lock(mutex_);
    return idle_.size();
}

}  // namespace tessera::gateway
