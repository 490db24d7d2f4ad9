#include "nodeservice/daemon/jobs_config.h"

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
    };
}

Result<JobsConfig> readJobs(const Section& section, const NodeConfig& node) {
    JobsConfig jobs;
    jobs.carries_out = section.boolean("run");
    jobs.most_runs = static_cast<std::size_t>(section.integer("max_runs"));
    jobs.lease = std::chrono::seconds(section.integer("lease_seconds"));
    std::vector<std::string> users;
    for (const UserConfig& user : node.users) {
        users.push_back(user.name);
    }
    for (const std::string& user : section.list("run_as")) {
        if (std::find(users.begin(), users.end(), user) == users.end()) {
            return invalid(section.where("run_as"), "there is no user '" + user + "'", suggestion(user, users));
        }
        jobs.run_as.insert(user);
    }
    jobs.rights.node = node.name;
    jobs.rights.readers = TSR_TRY(readRoles(section, "readers", node));
    jobs.rights.operators = TSR_TRY(readRoles(section, "operators", node));
    jobs.rights.authors = TSR_TRY(readRoles(section, "authors", node));
    jobs.rights.administrators = TSR_TRY(readRoles(section, "administrators", node));
    return jobs;
}

}  // namespace tessera::node
