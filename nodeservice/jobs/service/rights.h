#pragma once

/// Who may do what with jobs, by role. Each list holds those of the next ones.

#include "common/result.h"

#include <set>
#include <string>

namespace tessera::jobs {

enum class Right { kRead, kOperate, kAuthor };

struct Rights {
    /// For messages.
    std::string node;
    std::set<std::string> readers;
    std::set<std::string> operators;
    std::set<std::string> authors;
    std::set<std::string> administrators;

    Result<> check(const std::string& role, Right right) const {
        const bool is_author = authors.contains(role) || administrators.contains(role);
        const bool operates = is_author || operators.contains(role);
        const bool reads = operates || readers.contains(role);
        if (right == Right::kAuthor ? is_author : right == Right::kOperate ? operates : reads) {
            return {};
        }
        const char* what = right == Right::kAuthor ? "change jobs" : right == Right::kOperate ? "run jobs" : "see jobs";
        const char* list = right == Right::kAuthor    ? "jobs.authors"
                           : right == Right::kOperate ? "jobs.operators"
                                                      : "jobs.readers";
        return fail(ErrorCode::kPermissionDenied, "the role '" + role + "' may not " + what,
                    std::string(list) + " in the configuration of node '" + node + "' names who may");
    }

    /// Whether the role may have a job run as the user. `email`: the caller's, or empty; a job that names it as its
    /// owner does nothing before they have granted that.
    Result<> checkRunAs(const std::string& role, const std::string& email, const std::string& user) const {
        const bool is_own = role == user || (!email.empty() && email == user);
        if (is_own || administrators.contains(role)) {
            return {};
        }
        return fail(ErrorCode::kPermissionDenied, "the role '" + role + "' may not have jobs run as '" + user + "'",
                    "jobs.administrators in the configuration of node '" + node + "' may");
    }
};

}  // namespace tessera::jobs
