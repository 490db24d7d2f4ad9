#pragma once

/// A request over HTTP with any method and body, and mail over SMTP, by libcurl. Https, or http within this machine;
/// redirects are not followed. Each call waits until it is done or stopped; any thread.

#include "common/result.h"
#include "common/secret.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tessera::http {

/// Signs a request as Amazon's services want it ("Signature Version 4"). The header x-amz-content-sha256 is the
/// caller's.
struct AwsKey {
    std::string region;
    std::string service = "s3";
    std::string id;
    Secret secret;
};

struct SendOptions {
    std::string url;
    std::string method = "POST";
    /// "Name: value"; never logged.
    std::vector<std::string> headers = {};
    std::string body = {};
    /// Outlives the call; may be null.
    const AwsKey* aws_key = nullptr;
    /// A file of PEM certificates that the server's must come from; the system's when empty.
    std::string authorities = {};
    /// What is longer is cut.
    std::size_t most_bytes = 64 * 1024;
    std::chrono::seconds most_time{60};
    /// Asked from time to time; may be empty.
    std::function<bool()> is_stopped = {};
};

struct SendAnswer {
    long status = 0;
    std::string body;
    bool is_cut = false;
    /// Of the header, as it stands there.
    std::string etag = {};
};

/// kInvalidArgument for a URL that is not safe, kUnavailable for whatever gives no answer, kDeadlineExceeded,
/// kCancelled. Any status is an answer.
Result<SendAnswer> send(const SendOptions& options);

struct MailOptions {
    /// smtps://host:port, or smtp://host:port, which goes over to TLS unless the host is this machine.
    std::string server;
    /// Empty: nobody signs in.
    std::string user = {};
    Secret password = {};
    std::string from;
    std::string to;
    std::string subject;
    /// Plain text.
    std::string text;
    std::string authorities = {};
    std::chrono::seconds most_time{60};
};

Result<> sendMail(const MailOptions& options);

/// The message as RFC 5322 writes it. `date`: of its header.
std::string mailText(const MailOptions& options, const std::string& date);

}  // namespace tessera::http
