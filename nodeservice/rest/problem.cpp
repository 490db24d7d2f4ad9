#include "nodeservice/rest/problem.h"

#include <string>

namespace tessera::rest {

int statusOf(const Error& error) {
    switch (error.code) {
        case ErrorCode::kOk:
            return 200;
        case ErrorCode::kInvalidArgument:
        case ErrorCode::kOutOfRange:
            return 400;
        case ErrorCode::kUnauthenticated:
            return 401;
        case ErrorCode::kPermissionDenied:
            return 403;
        case ErrorCode::kNotFound:
            return 404;
        case ErrorCode::kAlreadyExists:
        case ErrorCode::kAborted:
        case ErrorCode::kFailedPrecondition:
            return 409;
        case ErrorCode::kResourceExhausted:
            return 429;
        case ErrorCode::kCancelled:
            return 499;
        case ErrorCode::kUnimplemented:
            return 501;
        case ErrorCode::kUnavailable:
            return 503;
        case ErrorCode::kDeadlineExceeded:
            return 504;
        default:
            return 500;
    }
}

nlohmann::ordered_json problemOf(const Error& error) {
    nlohmann::ordered_json problem = {{"type", "about:blank"},
                                      {"title", std::string(errorCodeName(error.code))},
                                      {"status", statusOf(error)},
                                      {"detail", error.message},
                                      {"sqlstate", std::string(error.sqlState())}};
    if (!error.hint.empty()) {
        problem["hint"] = error.hint;
    }
    if (!error.detail.empty()) {
        problem["more"] = error.detail;
    }
    if (error.position > 0) {
        problem["position"] = error.position;
    }
    return problem;
}

gateway::HttpResponse problemResponse(const Error& error) {
    gateway::HttpResponse response{
        statusOf(error), "application/problem+json",
        problemOf(error).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
    if (error.code == ErrorCode::kUnauthenticated) {
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
    }
    return response;
}

}  // namespace tessera::rest
