#include "nodeservice/gateway/admission.h"

#include "common/log.h"

#include <algorithm>
#include <utility>

namespace tessera::gateway {

namespace {

using std::chrono::seconds;

constexpr seconds kForgetAfter{60};
constexpr std::size_t kMaxRemembered = 4096;
constexpr int kMaxLinesPerSecond = 20;

/// Makes room in a table of what was seen lately; the rest of an attack shares the fate of those that are kept.
void forgetOld(std::map<std::string, std::chrono::steady_clock::time_point>& table,
               std::chrono::steady_clock::time_point now) {
    if (table.size() < kMaxRemembered) {
        return;
    }
    std::erase_if(table, [&](const auto& entry) { return now - entry.second > kForgetAfter; });
    if (table.size() >= kMaxRemembered) {
        table.erase(table.begin());
    }
}

void decrease(std::map<std::string, std::size_t>& counts, const std::string& key) {
    const auto found = counts.find(key);
    if (found != counts.end() && --found->second == 0) {
        counts.erase(found);
    }
}

}  // namespace

Admission::Ticket::Ticket(Ticket&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      address_(std::move(other.address_)),
      supernumerary_(other.supernumerary_),
      user_(std::move(other.user_)),
      waiting_(other.waiting_.load()) {}

Admission::Ticket::~Ticket() {
    if (admission_ != nullptr) {
        admission_->leave(address_, user_, waiting_, supernumerary_);
    }
}

bool Admission::Ticket::signedIn(const std::string& user) {
    {
        const std::lock_guard lock(admission_->mutex_);
        std::size_t& count = admission_->users_[user];
        if (count >= admission_->limits_.connections_per_user) {
            return false;
        }
        ++count;
        user_ = user;
    }
    established();
    return true;
}

void Admission::Ticket::established() {
    if (waiting_.exchange(false)) {
        admission_->stopWaiting(address_);
    }
}

std::optional<Admission::Ticket> Admission::enter(const std::string& address) {
    std::optional<Ticket> ticket;
    {
        const std::lock_guard lock(mutex_);
        std::size_t& waiting = waiting_[address];
        const bool is_full = connections_ >= limits_.connections;
        std::size_t& count = is_full ? supernumeraries_ : connections_;
        if (waiting < limits_.waiting_per_address && (!is_full || count < kMostSupernumeraries)) {
            ++count;
            ++waiting;
            ticket.emplace(*this, address, is_full);
        } else if (waiting == 0) {
            waiting_.erase(address);
        }
    }
    if (!ticket || ticket->isSupernumerary()) {
        refused(address, "too many connections");
    }
    return ticket;
}

void Admission::leave(const std::string& address, const std::string& user, bool waiting, bool supernumerary) {
    if (waiting) {
        stopWaiting(address);
    }
    const std::lock_guard lock(mutex_);
    --(supernumerary ? supernumeraries_ : connections_);
    if (!user.empty()) {
        decrease(users_, user);
    }
}

void Admission::stopWaiting(const std::string& address) {
    const std::lock_guard lock(mutex_);
    decrease(waiting_, address);
}

bool Admission::isNews(const std::string& event) {
    const auto now = Clock::now();
    forgetOld(logged_, now);
    Clock::time_point& last = logged_[event];
    if (last != Clock::time_point() && now - last < kForgetAfter) {
        return false;
    }
    last = now;
    // Many addresses at once are one event, too.
    if (now - line_second_ > seconds(1)) {
        line_second_ = now;
        lines_ = 0;
    }
    return ++lines_ <= kMaxLinesPerSecond;
}

void Admission::refused(const std::string& address, const std::string& reason) {
    {
        const std::lock_guard lock(mutex_);
        ++refusals_;
        if (!isNews(address + ' ' + reason)) {
            return;
        }
    }
    log::warn("gateway.refused", {{"client", address}, {"reason", reason}});
}

void Admission::slowedDown(const std::string& address, const std::string& user) {
    {
        const std::lock_guard lock(mutex_);
        if (!isNews(address + " slow " + user)) {
            return;
        }
    }
    log::warn("gateway.slowed_down", {{"client", address}, {"user", user}});
}

std::size_t Admission::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

std::size_t Admission::refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
}

}  // namespace tessera::gateway
