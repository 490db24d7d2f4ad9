#include "nodeservice/daemon/jobs_config.h"

#include "common/http/get.h"
#include "common/sealing.h"
#include "common/strings.h"
#include "nodeservice/daemon/store_config.h"

#include <algorithm>

namespace tessera::node {

namespace {

using config::Property;
using config::PropertyType;
using config::Section;

Error invalid(const std::string& where, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

Property roles(std::string name, std::string doc, std::string example) {
    return {
        .name = std::move(name), .type = PropertyType::kTextList, .doc = std::move(doc), .example = std::move(example)};
}

}  // namespace

std::vector<Property> jobsProperties() {
    return {
        {.name = "run",
         .type = PropertyType::kBoolean,
         .doc = "Does this node carry runs out? If not, it may still start them for other nodes.",
         .default_value = "true"},
        {.name = "max_runs",
         .type = PropertyType::kInteger,
         .doc = "Runs that it carries out at once; others wait or go to other nodes.",
         .default_value = "16",
         .least = 1,
         .most = 1000},
        {.name = "lease_seconds",
         .type = PropertyType::kInteger,
         .doc = "A run whose node has not been heard of for so long is taken by another. The same on all nodes.",
         .default_value = "15",
         .unit = "s",
         .least = 2,
         .most = 3600},
        roles("run_as",
              "Users of this node that jobs may run as here (a job's `run_as`). Nobody when absent: then this node "
              "carries out no step that needs PostgreSQL.",
              "[etl]"),
        roles("readers", "Users and roles that may see jobs, runs and logs. Nobody when absent.", "[analyst]"),
        roles("operators", "Those that may also run, cancel and pause jobs.", "[support]"),
        roles("authors", "Those that may also apply and remove jobs, which run as themselves.", "[etl]"),
        roles("administrators", "Those that may also have jobs run as others.", "[operator]"),
        {.name = "grants",
         .type = PropertyType::kSection,
         .doc = "How jobs run as their owners, by grants that those give with `tessera job grant`.",
         .children =
             {{.name = "key",
               .type = PropertyType::kSecret,
               .doc = "What the owners' refresh tokens are sealed with: a random text of at least 32 characters, as "
                      "`openssl rand -base64 32` prints it, the same on all nodes. When absent, this node keeps and "
                      "uses no grants.",
               .example = "${file:secrets/grants}"},
              {.name = "most_days",
               .type = PropertyType::kInteger,
               .doc = "For how many days a grant may be given.",
               .default_value = "90",
               .unit = "d",
               .least = 1,
               .most = 3650}}},
        {.name = "export_folders",
         .type = PropertyType::kTextList,
         .doc = "Folders beneath which exports may write files, as the node's system user. None when absent.",
         .example = "[/data/exports]"},
        {.name = "http_hosts",
         .type = PropertyType::kTextList,
         .doc = "Hosts that HTTP steps and webhooks may call, by https, or by http on this machine. `*.example.org` "
                "stands for all beneath. None when absent.",
         .example = "[hooks.example.org]"},
        {.name = "tls_ca",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for those hosts and the mail server; the system's when absent."},
        {.name = "credentials",
         .type = PropertyType::kSecretMap,
         .doc = "Values of the Authorization header for HTTP steps, by the names that jobs know them by.",
         .example = "{hooks: 'Bearer ${file:secrets/hooks}'}"},
        {.name = "s3",
         .type = PropertyType::kSectionList,
         .doc = "Buckets of S3, or of what speaks its protocol, that exports may write to (`s3://BUCKET/KEY`).",
         .children =
             {{.name = "bucket", .type = PropertyType::kText, .doc = "Its name.", .required = true, .example = "lake"},
              {.name = "endpoint",
               .type = PropertyType::kText,
               .doc = "Where it is reached, by https, or by http on this machine. The bucket's name comes behind it.",
               .required = true,
               .example = "https://s3.eu-central-1.amazonaws.com"},
              {.name = "region",
               .type = PropertyType::kText,
               .doc = "Which the signatures name; servers of one's own often take any.",
               .default_value = "us-east-1"},
              {.name = "prefix", .type = PropertyType::kText, .doc = "Keys must begin so; any when absent."},
              {.name = "access_key",
               .type = PropertyType::kText,
               .doc = "The key's public part.",
               .required = true,
               .example = "${env:S3_ACCESS_KEY}"},
              {.name = "secret_key",
               .type = PropertyType::kSecret,
               .doc = "Its secret part. A job never has it.",
               .required = true,
               .example = "${file:secrets/s3}"}}},
        {.name = "mail",
         .type = PropertyType::kSection,
         .doc = "How alerts are sent by e-mail.",
         .children =
             {{.name = "server",
               .type = PropertyType::kText,
               .doc = "`smtps://host:port`, or `smtp://host:port`, which goes over to TLS unless it is this "
                      "machine. No mail is sent when absent.",
               .example = "smtps://mail.example.org:465"},
              {.name = "from", .type = PropertyType::kText, .doc = "The sender.", .default_value = "tessera@localhost"},
              {.name = "user", .type = PropertyType::kText, .doc = "Who signs in there; nobody when absent."},
              {.name = "password", .type = PropertyType::kSecret, .doc = "The user's."}}},
    };
}

namespace {

/// "https://host[:port][/path]". One with a user and password is not repeated: it is shown where secrets are not.
Result<> checkEndpoint(const std::string& where, const std::string& endpoint) {
    const std::size_t begin = endpoint.find("://");
    const std::size_t host = begin == std::string::npos ? endpoint.size() : begin + 3;
    if (endpoint.find('@', host) != std::string::npos) {
        return invalid(where, "an endpoint is an address without user and password",
                       "the bucket's access_key and secret_key are for them");
    }
    if (!http::isSafe(endpoint)) {
        return invalid(where, "'" + endpoint + "' is no safe address", "write https://…, or http://127.0.0.1:PORT");
    }
    if (host >= endpoint.size() || endpoint[host] == '/' || endpoint[host] == ':' ||
        endpoint.find_first_of(" \t?#", host) != std::string::npos) {
        return invalid(where, "'" + endpoint + "' is no address of a server",
                       "as in https://s3.eu-central-1.amazonaws.com; the bucket's name and keys come behind it");
    }
    return {};
}

Result<> checkBucket(const Section& entry, const jobs::S3Bucket& bucket) {
    const auto isOfName = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    };
    if (bucket.name.empty() || !std::all_of(bucket.name.begin(), bucket.name.end(), isOfName)) {
        return invalid(entry.where("bucket"), "'" + bucket.name + "' is no name of a bucket",
                       "the name alone, as in lake; what keys begin with is `prefix`");
    }
    if (bucket.prefix.starts_with('/')) {
        return invalid(entry.where("prefix"), "'" + bucket.prefix + "' begins with '/', as no key does",
                       "leave the first '/' out");
    }
    const auto isBlank = [](const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; };
    if (isBlank(bucket.key.id) || bucket.key.id.find_first_of(" \t\r\n/") != std::string::npos) {
        return invalid(entry.where("access_key"), "access_key is not the public part of a key",
                       "it is one word, such as AKIA…; the secret part belongs into secret_key");
    }
    if (isBlank(bucket.key.secret.reveal())) {
        return invalid(entry.where("secret_key"), "secret_key is empty",
                       "is the file or variable that it comes from filled?");
    }
    return {};
}

Result<std::shared_ptr<const std::vector<jobs::S3Bucket>>> readBuckets(const Section& section,
                                                                       const std::string& authorities) {
    auto buckets = std::make_shared<std::vector<jobs::S3Bucket>>();
    for (const Section& entry : section.sections("s3")) {
        jobs::S3Bucket bucket;
        bucket.name = entry.text("bucket");
        bucket.endpoint = entry.text("endpoint");
        while (bucket.endpoint.ends_with('/')) {
            bucket.endpoint.pop_back();
        }
        TSR_TRY(checkEndpoint(entry.where("endpoint"), bucket.endpoint));
        bucket.key.region = entry.text("region");
        bucket.key.id = entry.text("access_key");
        bucket.key.secret = entry.secret("secret_key").copy();
        bucket.prefix = entry.has("prefix") ? entry.text("prefix") : std::string();
        bucket.authorities = authorities;
        TSR_TRY(checkBucket(entry, bucket));
        buckets->push_back(std::move(bucket));
    }
    return std::shared_ptr<const std::vector<jobs::S3Bucket>>(std::move(buckets));
}

}  // namespace

namespace {

Result<jobs::GrantOptions> readGrants(const Section& section, const NodeConfig& node) {
    constexpr std::size_t kLeastKeyBytes = 32;
    jobs::GrantOptions grants;
    grants.node = node.name;
    grants.most_days = section.integer("most_days");
    grants.issuers = node.identity.grant_issuers;
    if (section.has("key")) {
        if (section.secret("key").reveal().size() < kLeastKeyBytes) {
            return invalid(section.where("key"), "the key is shorter than 32 characters",
                           "take what 'openssl rand -base64 32' prints");
        }
        grants.key = sealingKeyOf(section.secret("key"));
    }
    return grants;
}

}  // namespace

Result<JobsConfig> readJobs(const Section& section, const NodeConfig& node) {
    JobsConfig config;
    config.carries_out = section.boolean("run");
    config.most_runs = static_cast<std::size_t>(section.integer("max_runs"));
    config.lease = std::chrono::seconds(section.integer("lease_seconds"));
    std::vector<std::string> users;
    for (const UserConfig& user : node.users) {
        users.push_back(user.name);
    }
    for (const std::string& user : TSR_TRY(readRoles(section, "run_as", node))) {
        if (std::find(users.begin(), users.end(), user) == users.end()) {
            return invalid(section.where("run_as"), "there is no user '" + user + "'", suggestion(user, users));
        }
        if (user.find('@') != std::string::npos) {
            return invalid(section.where("run_as"), "'" + user + "' reads as a person's address",
                           "jobs run as users without '@' in their names");
        }
        config.run_as.insert(user);
    }
    config.rights.node = node.name;
    config.rights.readers = TSR_TRY(readRoles(section, "readers", node));
    config.rights.operators = TSR_TRY(readRoles(section, "operators", node));
    config.rights.authors = TSR_TRY(readRoles(section, "authors", node));
    config.rights.administrators = TSR_TRY(readRoles(section, "administrators", node));
    for (const std::string& folder : section.list("export_folders")) {
        if (!std::filesystem::path(folder).is_absolute()) {
            return invalid(section.where("export_folders"), "'" + folder + "' is not a whole path", "begin with '/'");
        }
        config.export_folders.emplace_back(folder);
    }
    auto http = std::make_shared<jobs::HttpOptions>();
    http->hosts = section.list("http_hosts");
    http->authorities = section.has("tls_ca") ? section.path("tls_ca").string() : std::string();
    for (const auto& [name, secret] : section.secrets("credentials")) {
        http->credentials.emplace(name, secret.copy());
    }
    config.buckets = TSR_TRY(readBuckets(section, http->authorities));
    config.scratch = node.data_directory / "exports";
    const Section& mail = section.section("mail");
    if (mail.has("server")) {
        auto server = std::make_shared<jobs::MailServer>();
        server->server = mail.text("server");
        if (!server->server.starts_with("smtp://") && !server->server.starts_with("smtps://")) {
            return invalid(mail.where("server"), "'" + server->server + "' is no mail server",
                           "write smtp://host:port or smtps://host:port");
        }
        server->from = mail.text("from");
        server->user = mail.has("user") ? mail.text("user") : std::string();
        server->password = mail.has("password") ? mail.secret("password").copy() : Secret();
        server->authorities = http->authorities;
        config.mail = std::move(server);
    }
    config.http = std::move(http);
    config.grants = TSR_TRY(readGrants(section.section("grants"), node));
    return config;
}

}  // namespace tessera::node
