#include "nodeservice/store/sql/control_plane.h"

#include "common/strings.h"

#include <algorithm>
#include <iterator>

namespace tessera::store {

namespace {

struct Name {
    std::string_view name;
    std::uint64_t since;
    std::string_view commands;
};

constexpr std::string_view kJobs = "jobs are changed by 'tessera job'";
constexpr std::string_view kEndpoints = "endpoints are changed by 'tessera endpoint'";
constexpr std::string_view kMesh = "sharded tables are changed by 'tessera mesh' and 'tessera shard'";
constexpr std::string_view kDenials = "whom nodes deny is changed by 'tessera deny' and 'tessera allow'";

constexpr Name kNames[] = {
    {"job", 1, kJobs},
    {"job_alert", 1, kJobs},
    {"job_expect", 1, kJobs},
    {"job_expected", 1, kJobs},
    {"job_grant", 4, kJobs},
    {"job_log", 1, kJobs},
    {"job_notice", 4, kJobs},
    {"job_notice_of", 4, kJobs},
    {"job_notice_shown", 4, kJobs},
    {"job_run", 1, kJobs},
    {"job_run_active", 1, kJobs},
    {"job_run_ended", 1, kJobs},
    {"job_run_unfollowed", 1, kJobs},
    {"job_schema", 1, kJobs},
    {"job_step", 1, kJobs},
    {"job_trigger", 1, kJobs},
    {"job_version", 1, kJobs},
    {"endpoint", 1, kEndpoints},
    {"endpoint_expect", 1, kEndpoints},
    {"endpoint_expected", 1, kEndpoints},
    {"endpoint_rights", 5, kEndpoints},
    {"endpoint_schema", 1, kEndpoints},
    {"endpoint_tag", 1, kEndpoints},
    {"endpoint_version", 1, kEndpoints},
    {"endpoint_version_remains", 1, kEndpoints},
    {"endpoint_version_stays", 1, kEndpoints},
    {"mesh_drained", 2, kMesh},
    {"mesh_expect", 1, kMesh},
    {"mesh_expected", 1, kMesh},
    {"mesh_label", 6, kMesh},
    {"mesh_map", 1, kMesh},
    {"mesh_move", 1, kMesh},
    {"mesh_node", 1, kMesh},
    {"mesh_old_place", 2, kMesh},
    {"mesh_place", 1, kMesh},
    {"mesh_replica", 3, kMesh},
    {"mesh_shard", 1, kMesh},
    {"mesh_size", 2, kMesh},
    {"mesh_speed", 2, kMesh},
    {"mesh_table", 1, kMesh},
    {"denial", 1, kDenials},
};

}  // namespace

std::string_view controlPlaneCommands(std::string_view name, std::uint64_t names) {
    const std::string wanted = toLowerAscii(std::string(name));
    const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const Name& one) { return one.since <= names && one.name == wanted; });
    return found == std::end(kNames) ? std::string_view() : found->commands;
}

std::string controlPlaneList(std::uint64_t names) {
    std::string list;
    for (const Name& one : kNames) {
        if (one.since <= names) {
            list += (list.empty() ? "('" : ", '") + std::string(one.name) + "'";
        }
    }
    return list + (list.empty() ? "()" : ")");
}

}  // namespace tessera::store
