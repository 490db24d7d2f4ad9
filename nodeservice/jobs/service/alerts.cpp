#include "nodeservice/jobs/service/alerts.h"

#include "common/http/send.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/transitions.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::jobs {

namespace {

constexpr std::int64_t kMostAtOnce = 20;
constexpr std::int64_t kMostTries = 12;
constexpr std::chrono::seconds kFirstWait{10};
constexpr std::chrono::seconds kLongestWait{3600};
constexpr std::chrono::seconds kMostTime{20};

std::string text(const store::sqlite::Value& value) {
    const auto* found = std::get_if<std::string>(&value);
    return found == nullptr ? std::string() : *found;
}

/// Null: there is none there.
const Alert* alertAt(const Definition& definition, std::int64_t position) {
    const auto index = static_cast<std::size_t>(position);
    return index < definition.alerts.size() ? &definition.alerts[index] : nullptr;
}

}  // namespace

Result<> Alerts::sendDue(std::int64_t now_ms) {
    const auto rows =
        TSR_TRY(store_.query({"SELECT a.run, a.epoch, a.position, a.tried, r.job, r.version, a.state, r.error, r.date, "
                              "r.node FROM job_alert a "
                              "JOIN job_run r ON r.id = a.run WHERE a.next_ms <= ? ORDER BY a.next_ms LIMIT ?",
                              {now_ms, kMostAtOnce}}));
    for (const Row& row : rows) {
        const Waiting alert{std::get<std::int64_t>(row.at(0)),
                            std::get<std::int64_t>(row.at(1)),
                            std::get<std::int64_t>(row.at(2)),
                            std::get<std::int64_t>(row.at(3)),
                            text(row.at(4)),
                            std::get<std::int64_t>(row.at(5)),
                            text(row.at(6)),
                            text(row.at(7)),
                            text(row.at(8)),
                            text(row.at(9))};
        const auto definition = definitions_.find(alert.job, alert.version);
        const Alert* wanted = definition ? alertAt(**definition, alert.position) : nullptr;
        if (wanted != nullptr && wanted->channel == Alert::Channel::kDesktop) {
            // Whose desktop it is asks for it: nothing is sent from here.
            TSR_TRY(store_.apply(keepNotice({alert.run, alert.epoch, alert.position, wanted->to, alert.state})));
            continue;
        }
        const Result<> sent = !definition         ? Result<>(definition.error())
                              : wanted == nullptr ? fail(ErrorCode::kInvalidArgument, "the job has no such alert")
                                                  : send(alert, *wanted);
        // What can never be sent is not tried again.
        const bool is_over = sent || sent.error().code == ErrorCode::kInvalidArgument || alert.tried + 1 >= kMostTries;
        const auto wait =
            std::min(kFirstWait * (std::int64_t{1} << std::min<std::int64_t>(alert.tried, 20)), kLongestWait);
        TSR_TRY(store_.apply(
            is_over ? endAlert(alert.run, alert.epoch, alert.position, sent ? std::string() : sent.error().message)
                    : retryAlert(alert.run, alert.epoch, alert.position, alert.tried, wait)));
    }
    return {};
}

Result<> Alerts::send(const Waiting& alert, const Alert& wanted) {
    return wanted.channel == Alert::Channel::kWebhook ? sendWebhook(alert, wanted.to) : sendMail(alert, wanted.to);
}

Result<> Alerts::sendWebhook(const Waiting& alert, const std::string& to) {
    TSR_TRY(checkHost(to, *options_.http));
    const nlohmann::json body = {{"job", alert.job},     {"run", alert.run},   {"state", alert.state},
                                 {"error", alert.error}, {"date", alert.date}, {"node", alert.node}};
    http::SendOptions request;
    request.url = to;
    request.headers = {"Content-Type: application/json", "Idempotency-Key: alert-" + std::to_string(alert.run) + "-" +
                                                             std::to_string(alert.epoch) + "-" +
                                                             std::to_string(alert.position)};
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    request.most_time = kMostTime;
    request.authorities = options_.http->authorities;
    const http::SendAnswer answer = TSR_TRY(http::send(request));
    if (answer.status < 200 || answer.status >= 300) {
        return fail(ErrorCode::kUnavailable, "'" + to + "' answers with status " + std::to_string(answer.status));
    }
    return {};
}

Result<> Alerts::sendMail(const Waiting& alert, const std::string& to) {
    if (!options_.mail) {
        return fail(ErrorCode::kInvalidArgument, "node '" + options_.node + "' knows no mail server",
                    "jobs.mail in its configuration names one");
    }
    const std::string what = "Job " + alert.job + ": run " + std::to_string(alert.run) + " is " + alert.state;
    return http::sendMail({.server = options_.mail->server,
                           .user = options_.mail->user,
                           .password = options_.mail->password.copy(),
                           .from = options_.mail->from,
                           .to = to,
                           .subject = "[Tessera] " + what,
                           .text = what + ".\nDate: " + alert.date + "\nNode: " + alert.node +
                                   (alert.error.empty() ? "" : "\n\n" + alert.error) + "\n\ntessera job log " +
                                   std::to_string(alert.run) + "\n",
                           .authorities = options_.mail->authorities,
                           .most_time = kMostTime});
}

}  // namespace tessera::jobs
