#pragma once

/// A network for tests. This process moves into a network namespace of its own, where a bridge ties the namespaces of
/// several places together, each by a pair of veth: a place's cable can be taken out, two places can be kept from
/// hearing each other, and links can be slow and lose packets. The machine's own network is not touched, and nobody
/// outside reaches what listens in here. The namespaces have no names: the kernel removes them, with all that is in
/// them, when the last process and descriptor is gone, however the test ends.

#include "common/process.h"
#include "common/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

class NetworkLab {
  public:
    /// Before this process has other threads: they would stay outside. The error says why this machine or user cannot.
    static Result<std::unique_ptr<NetworkLab>> make(std::size_t places);

    NetworkLab(const NetworkLab&) = delete;
    NetworkLab& operator=(const NetworkLab&) = delete;

    /// Of a place, as the others see it.
    static std::string addressOf(std::size_t place) { return "10.77.0." + std::to_string(place + 1); }

    /// What goes before a program's arguments for it to run there.
    std::vector<std::string> startedAt(std::size_t place) const;
    /// The calling thread is there from now on: sockets that it opens are.
    void enter(std::size_t place) const;

    Result<> unplug(std::size_t place);
    Result<> plug(std::size_t place);
    /// Those that are kept apart hear nobody of each other, and all others.
    Result<> keepApart(const std::vector<std::size_t>& places);
    Result<> joinAll();

    /// What leaves a place by its cable: "netem delay 50ms loss 5%". Empty: at once and whole again. kUnavailable when
    /// this kernel has no such thing.
    Result<> shape(std::size_t place, const std::string& how);

  private:
    NetworkLab() = default;

    Result<> addPlace(std::size_t place);

    std::vector<FileDescriptor> places_;
};

}  // namespace tessera
