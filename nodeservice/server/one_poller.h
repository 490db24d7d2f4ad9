#pragma once

/// One thread for gRPC's callbacks where gRPC has two.
///
/// gRPC 1.51 serves all callbacks of a process, of calls that come and of those that go, with half as many threads as
/// the machine has cores, and two at least. One of them polls; whoever has got an event wakes the next to poll in its
/// place before looking at it. With two threads on two cores each event costs a second wake-up that nobody needs: half
/// of what a read of the store woke threads for. Their number is no setting, so one of them is given a callback that
/// does not end as long as this object is there. (Callbacks must not wait for anything in any case.)

#include <memory>

namespace tessera::server {

class OnePoller {
  public:
    /// Where gRPC has two threads; elsewhere it does nothing, nor if callbacks do not come any more then. Once in a
    /// process.
    OnePoller();
    ~OnePoller();

    OnePoller(const OnePoller&) = delete;
    OnePoller& operator=(const OnePoller&) = delete;

    /// Is a thread held?
    bool isHolding() const { return held_ != nullptr; }

  private:
    struct Held;

    std::unique_ptr<Held> held_;
};

}  // namespace tessera::server
