#pragma once

/// Tells people of runs' ends. Alerts wait in the store, from the batch that sees a run's end until they are sent, and
/// are sent by the leader: at least once, with a key by which a webhook can tell that it has been called before. Those
/// for desktops become notices (notices.h), exactly once.

#include "common/secret.h"
#include "nodeservice/jobs/run/records.h"
#include "nodeservice/jobs/steps/http_step.h"

#include <memory>
#include <string>

namespace tessera::jobs {

struct MailServer {
    std::string server;
    std::string from;
    std::string user;
    Secret password;
    std::string authorities;
};

struct AlertOptions {
    std::string node;
    std::shared_ptr<const HttpOptions> http;
    /// Null: there is none.
    std::shared_ptr<const MailServer> mail;
};

/// One thread.
class Alerts {
  public:
    Alerts(AlertOptions options, JobStore& store) : options_(std::move(options)), store_(store), definitions_(store) {}

    /// Sends those whose time has come, each until it is answered. What failed is tried again later, for some hours;
    /// then the run's log says so.
    Result<> sendDue(std::int64_t now_ms);

  private:
    struct Waiting {
        std::int64_t run = 0;
        std::int64_t epoch = 0;
        std::int64_t position = 0;
        std::int64_t tried = 0;
        std::string job;
        std::int64_t version = 0;
        std::string state;
        std::string error;
        std::string date;
        std::string node;
    };

    Result<> send(const Waiting& alert, const Alert& wanted);
    Result<> sendWebhook(const Waiting& alert, const std::string& to);
    Result<> sendMail(const Waiting& alert, const std::string& to);

    const AlertOptions options_;
    JobStore& store_;
    Definitions definitions_;
};

}  // namespace tessera::jobs
