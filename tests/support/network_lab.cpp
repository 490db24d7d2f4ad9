#include "tests/support/network_lab.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <thread>
#include <utility>

namespace tessera {

namespace {

constexpr std::chrono::seconds kPatience{90};
constexpr const char* kBridge = "bridge0";
constexpr const char* kCable = "net0";

std::string portOf(std::size_t place) {
    return "place" + std::to_string(place);
}

/// A line as one would type it: no word of it has a blank.
Result<> runLine(const std::string& line, std::vector<std::string> before = {}) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        before.push_back(word);
    }
    TSR_TRY(runChecked({.arguments = std::move(before)}, kPatience));
    return {};
}

Error reason(const std::string& what, int number) {
    return fail(ErrorCode::kUnavailable, what + ": " + std::strerror(number),  // NOLINT(concurrency-mt-unsafe)
                "namespaces need root with CAP_SYS_ADMIN and CAP_NET_ADMIN");
}

/// Nobody is in it; it lives as long as the descriptor.
Result<FileDescriptor> makeNamespace() {
    FileDescriptor made;
    int error = 0;
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) == 0) {
            made = FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        }
        error = errno;
    }).join();
    if (!made) {
        return reason("no network namespace", error);
    }
    return made;
}

}  // namespace

Result<std::unique_ptr<NetworkLab>> NetworkLab::make(std::size_t places) {
    if (::unshare(CLONE_NEWNET) != 0) {
        return reason("no network namespace", errno);
    }
    std::unique_ptr<NetworkLab> lab(new NetworkLab);
    TSR_TRY(runLine("ip link set lo up"));
    TSR_TRY(runLine(std::string("ip link add ") + kBridge + " type bridge"));
    TSR_TRY(runLine(std::string("ip link set ") + kBridge + " up"));
    for (std::size_t place = 0; place < places; ++place) {
        TSR_TRY(lab->addPlace(place));
    }
    return lab;
}

Result<> NetworkLab::addPlace(std::size_t place) {
    places_.push_back(TSR_TRY(makeNamespace()));
    const std::string port = portOf(place);
    const std::string there = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(places_.back().get());
    TSR_TRY(runLine("ip link add " + port + " type veth peer name " + kCable + " netns " + there));
    TSR_TRY(runLine("ip link set " + port + " master " + kBridge + " up"));
    TSR_TRY(runLine("ip link set lo up", startedAt(place)));
    TSR_TRY(runLine("ip address add " + addressOf(place) + "/24 dev " + kCable, startedAt(place)));
    return runLine(std::string("ip link set ") + kCable + " up", startedAt(place));
}

std::vector<std::string> NetworkLab::startedAt(std::size_t place) const {
    return {"nsenter", "--net=/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(places_[place].get()),
            "--"};
}

void NetworkLab::enter(std::size_t place) const {
    (void)::setns(places_[place].get(), CLONE_NEWNET);
}

Result<> NetworkLab::unplug(std::size_t place) {
    return runLine("ip link set " + portOf(place) + " down");
}

Result<> NetworkLab::plug(std::size_t place) {
    return runLine("ip link set " + portOf(place) + " up");
}

Result<> NetworkLab::keepApart(const std::vector<std::size_t>& places) {
    for (const std::size_t place : places) {
        TSR_TRY(runLine("bridge link set dev " + portOf(place) + " isolated on"));
    }
    return {};
}

Result<> NetworkLab::joinAll() {
    for (std::size_t place = 0; place < places_.size(); ++place) {
        TSR_TRY(runLine("bridge link set dev " + portOf(place) + " isolated off"));
    }
    return {};
}

Result<> NetworkLab::shape(std::size_t place, const std::string& how) {
    const std::string cable = std::string(" dev ") + kCable + " root ";
    if (how.empty()) {
        return runLine("tc qdisc delete" + cable, startedAt(place));
    }
    auto done = runLine("tc qdisc replace" + cable + how, startedAt(place));
    if (!done && done.error().describe().find("qdisc kind is unknown") != std::string::npos) {
        return fail(ErrorCode::kUnavailable, "this kernel has no '" + how.substr(0, how.find(' ')) + "'");
    }
    return done;
}

}  // namespace tessera
