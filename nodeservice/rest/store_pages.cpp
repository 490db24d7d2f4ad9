#include "nodeservice/rest/store_pages.h"

#include "nodeservice/rest/problem.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace tessera::rest {

using gateway::HttpResponse;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kUsualInterval{1000};
constexpr milliseconds kLeastInterval{100};
constexpr milliseconds kMostInterval{3'600'000};
constexpr std::string_view kIntervalKey = "interval_ms=";

std::vector<std::string_view> protocolsOf(const gateway::HttpRequest& request) {
    std::vector<std::string_view> protocols;
    std::string_view rest = request.header("sec-websocket-protocol");
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        std::string_view one = rest.substr(0, comma);
        while (one.starts_with(' ')) {
            one.remove_prefix(1);
        }
        while (one.ends_with(' ')) {
            one.remove_suffix(1);
        }
        protocols.push_back(one);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return protocols;
}

Result<milliseconds> intervalOf(const std::string& query) {
    if (query.empty()) {
        return kUsualInterval;
    }
    const std::string_view text(query);
    milliseconds::rep value = 0;
    const char* end = text.data() + text.size();
    const auto read = text.starts_with(kIntervalKey) ? std::from_chars(text.data() + kIntervalKey.size(), end, value)
                                                     : std::from_chars_result{text.data(), std::errc::invalid_argument};
    if (read.ec != std::errc() || read.ptr != end || milliseconds(value) < kLeastInterval ||
        milliseconds(value) > kMostInterval) {
        return fail(ErrorCode::kInvalidArgument, "the only parameter here is interval_ms, from 100 to 3600000",
                    "/api/v1/store/watch?interval_ms=1000");
    }
    return milliseconds(value);
}

Error noSuchPage() {
    return fail(ErrorCode::kNotFound, "there is nothing under this path", "see /api/v1/openapi.json");
}

}  // namespace

std::string StorePages::authorizationOf(const gateway::HttpRequest& request) {
    constexpr std::string_view kBearer = "bearer.";
    std::string authorization(request.header("authorization"));
    if (authorization.empty() && gateway::isWebSocket(request)) {
        for (const std::string_view protocol : protocolsOf(request)) {
            if (protocol.starts_with(kBearer)) {
                authorization = "Bearer " + std::string(protocol.substr(kBearer.size()));
            }
        }
    }
    return authorization;
}

void StorePages::answer(const gateway::HttpRequest& request, const std::vector<std::string>& parts,
                        const Caller& caller, const std::shared_ptr<gateway::HttpExchange>& exchange,
                        const std::function<void(HttpResponse)>& respond) const {
    if (parts.size() == 2 && parts[1] == "watch") {
        return watch(request, caller, exchange, respond);
    }
    if (parts.size() != 1) {
        return respond(problemResponse(noSuchPage()));
    }
    auto status = access_.status(caller.role);
    respond(status ? HttpResponse{200, "application/json", std::move(*status) + "\n"}
                   : problemResponse(status.error()));
}

void StorePages::watch(const gateway::HttpRequest& request, const Caller& caller,
                       const std::shared_ptr<gateway::HttpExchange>& exchange,
                       const std::function<void(HttpResponse)>& respond) const {
    const std::string origin(request.header("origin"));
    if (!origin.empty() &&
        std::find(allowed_origins_.begin(), allowed_origins_.end(), origin) == allowed_origins_.end()) {
        // What a browser refuses elsewhere it leaves to the server here.
        return respond(
            problemResponse(fail(ErrorCode::kPermissionDenied, "pages of '" + origin + "' may not call this node",
                                 "rest.allowed_origins in the node's configuration names who may")));
    }
    const auto interval = intervalOf(request.query);
    if (!interval) {
        return respond(problemResponse(interval.error()));
    }
    if (!gateway::isWebSocket(request)) {
        HttpResponse response = problemResponse(fail(ErrorCode::kFailedPrecondition, "this path is a WebSocket",
                                                     "connect with ws:// or wss://, or read /api/v1/store"));
        response.status = 426;
        response.headers.emplace_back("Upgrade", "websocket");
        return respond(std::move(response));
    }
    // The first state tells whether the role may see any.
    auto first = access_.status(caller.role);
    if (!first) {
        return respond(problemResponse(first.error()));
    }
    std::vector<std::pair<std::string, std::string>> headers;
    const auto protocols = protocolsOf(request);
    if (std::find(protocols.begin(), protocols.end(), "tessera") != protocols.end()) {
        headers.emplace_back("Sec-WebSocket-Protocol", "tessera");
    }
    exchange->upgrade(std::move(headers));
    exchange->write(std::move(*first));
    const auto sink = [exchange, until = caller.until](const std::string* json) {
        const bool is_over =
            json == nullptr || exchange->isGone() || (until && std::chrono::system_clock::now() >= *until);
        if (is_over) {
            exchange->end();
            return false;
        }
        if (exchange->waitForRoom(std::chrono::steady_clock::now())) {
            exchange->write(*json);
        }
        return true;
    };
    if (const auto watching = access_.watch(caller.role, *interval, sink); !watching) {
        exchange->end();
    }
}

}  // namespace tessera::rest
