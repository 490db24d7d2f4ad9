#include "nodeservice/client/grpc_status.h"

#include "nodeservice/proto/error.pb.h"

#include <string>

namespace tessera::client {

namespace {

// Trailing metadata travels in HTTP/2 headers, whose default limit is 8 KiB, and details as base64.
constexpr std::size_t kMaxMessageBytes = 2048;
constexpr std::size_t kMaxDetailBytes = 1024;

/// The text, or its beginning, never cut inside a UTF-8 sequence.
std::string cut(const std::string& text, std::size_t limit) {
    if (text.size() <= limit) {
        return text;
    }
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return text.substr(0, end) + "…";
}

}  // namespace

grpc::Status toStatus(const Error& error) {
    v1::ErrorInfo info;
    info.set_message(cut(error.message, kMaxMessageBytes));
    info.set_hint(cut(error.hint, kMaxDetailBytes));
    info.set_detail(cut(error.detail, kMaxDetailBytes));
    info.set_sqlstate(error.sqlstate);
    info.set_position(error.position);
    // The plain message is for other clients (grpcurl); ours reads the details.
    return {static_cast<grpc::StatusCode>(error.code), cut(error.message, kMaxDetailBytes), info.SerializeAsString()};
}

Error toError(const grpc::Status& status) {
    const auto code = static_cast<ErrorCode>(status.error_code());
    v1::ErrorInfo info;
    if (status.error_details().empty() || !info.ParseFromString(status.error_details())) {
        return fail(code, status.error_message().empty() ? std::string(errorCodeName(code)) : status.error_message());
    }
    return Error{code, info.message(), info.hint(), info.detail(), info.sqlstate(), info.position()};
}

}  // namespace tessera::client
