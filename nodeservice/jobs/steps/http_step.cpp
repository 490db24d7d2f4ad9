#include "nodeservice/jobs/steps/http_step.h"

#include "common/http/send.h"
#include "common/strings.h"

#include <algorithm>

namespace tessera::jobs {

namespace {

constexpr std::size_t kToldBytes = 2000;
constexpr std::chrono::seconds kUsualTime{300};

/// Without user and port, in lower case; empty for what is no address of a host.
std::string hostOf(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
        return {};
    }
    std::string host = url.substr(scheme + 3, url.find_first_of("/?#\\", scheme + 3) - scheme - 3);
    if (host.find('@') != std::string::npos) {
        return {};
    }
    const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
    return toLowerAscii(host.substr(0, end));
}

bool matches(const std::string& host, const std::string& pattern) {
    return pattern.starts_with("*.") ? host.ends_with(pattern.substr(1)) : host == toLowerAscii(pattern);
}

}  // namespace

Result<> checkHost(const std::string& url, const HttpOptions& options) {
    const std::string host = hostOf(url);
    const bool is_allowed = !host.empty() && std::any_of(options.hosts.begin(), options.hosts.end(),
                                                         [&](const std::string& one) { return matches(host, one); });
    if (!is_allowed) {
        return fail(ErrorCode::kInvalidArgument, "this node's jobs may not call '" + url + "'",
                    "jobs.http_hosts in the node's configuration names the hosts");
    }
    return {};
}

Result<StepResult> runHttp(StepAttempt& attempt, const HttpStep& step, const HttpOptions& options) {
    const StepTask& task = attempt.task();
    http::SendOptions request;
    request.url = TSR_TRY(fill(step.url, task.values, TemplateKind::kUrl));
    TSR_TRY(checkHost(request.url, options));
    request.method = step.method;
    for (const auto& [name, text] : step.headers) {
        const std::string value = TSR_TRY(fill(text, task.values, TemplateKind::kPlain));
        if ((name + value).find_first_of("\r\n") != std::string::npos) {
            return fail(ErrorCode::kInvalidArgument, "the header '" + name + "' has more than one line");
        }
        request.headers.push_back(name + ": " + value);
    }
    request.body = TSR_TRY(fill(step.body, task.values, TemplateKind::kJson));
    request.headers.push_back("Idempotency-Key: " + task.effect_key);
    if (!step.credential.empty()) {
        const auto credential = options.credentials.find(step.credential);
        if (credential == options.credentials.end()) {
            return fail(ErrorCode::kInvalidArgument, "this node has no credential '" + step.credential + "' for jobs",
                        "jobs.credentials in the node's configuration has them");
        }
        request.headers.push_back("Authorization: " + std::string(credential->second.reveal()));
    }
    request.authorities = options.authorities;
    request.most_time = task.step.timeout.count() > 0 ? task.step.timeout : kUsualTime;
    request.is_stopped = [&attempt] { return attempt.isStopped(); };
    const http::SendAnswer answer = TSR_TRY(http::send(request));
    const std::string status = "status " + std::to_string(answer.status);
    const std::string body = validUtf8(answer.body.substr(0, kToldBytes));
    attempt.tell(request.method + " " + request.url + ": " + status + (body.empty() ? "" : ", " + body));
    if (answer.status >= 200 && answer.status < 300) {
        return StepResult{0, static_cast<std::int64_t>(answer.body.size())};
    }
    const bool is_wrong = answer.status >= 300 && answer.status < 500 && answer.status != 408 && answer.status != 425 &&
                          answer.status != 429;
    return fail(is_wrong ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable,
                "'" + request.url + "' answers with " + status);
}

}  // namespace tessera::jobs
