#include "app/core/jobs/job_steps.h"

#include <algorithm>
#include <map>
#include <set>

namespace tessera::app {

namespace {

constexpr const char* kSteps = "steps";

std::string nameOf(const YamlDocument& document, std::size_t position) {
    return document.value(stepPath(position) + "/name");
}

/// What each step waits for, whoever stands before it.
std::vector<std::vector<std::string>> allBefore(const YamlDocument& document) {
    std::vector<std::vector<std::string>> all;
    for (std::size_t position = 0; position < document.size(kSteps); ++position) {
        all.push_back(stepsBefore(document, position));
    }
    return all;
}

void setAllBefore(YamlDocument& document, const std::vector<std::vector<std::string>>& all) {
    for (std::size_t position = 0; position < all.size(); ++position) {
        setStepsBefore(document, position, all[position]);
    }
}

}  // namespace

std::string stepPath(std::size_t position) {
    return std::string(kSteps) + "/" + std::to_string(position);
}

std::string stepKind(const YamlDocument& document, std::size_t position) {
    for (const char* kind : kStepKinds) {
        if (document.has(stepPath(position) + "/" + kind)) {
            return kind;
        }
    }
    return {};
}

void setStepKind(YamlDocument& document, std::size_t position, const std::string& kind) {
    const std::string path = stepPath(position);
    std::string query;
    for (const char* other : kStepKinds) {
        if (other == kind && document.has(path + "/" + other)) {
            return;
        }
        const std::string held = document.value(path + "/" + other + (std::string(other) == "sql" ? "" : "/query"));
        query = held.empty() ? query : held;
        document.remove(path + "/" + other);
    }
    static const std::map<std::string, std::vector<std::string>> kNeeded = {{"sql", {""}},
                                                                            {"export", {"/query", "/to"}},
                                                                            {"copy", {"/query", "/into"}},
                                                                            {"refresh", {""}},
                                                                            {"http", {"/url"}},
                                                                            {"job", {"/name"}}};
    const auto needed = kNeeded.find(kind);
    for (const std::string& key : needed == kNeeded.end() ? std::vector<std::string>() : needed->second) {
        const bool is_query = key == "/query" || kind == "sql";
        document.put(path + "/" + kind + key, is_query ? query : std::string());
    }
}

std::vector<std::string> stepsBefore(const YamlDocument& document, std::size_t position) {
    const std::string path = stepPath(position) + "/after";
    if (document.has(path)) {
        return document.list(path);
    }
    return position == 0 ? std::vector<std::string>() : std::vector{nameOf(document, position - 1)};
}

void setStepsBefore(YamlDocument& document, std::size_t position, const std::vector<std::string>& names) {
    const std::string path = stepPath(position) + "/after";
    document.remove(path);
    if (stepsBefore(document, position) != names) {
        document.setList(path, names);
    }
}

bool comesAfter(const YamlDocument& document, std::size_t position, const std::string& other) {
    const auto before = allBefore(document);
    std::map<std::string, std::size_t> positions;
    for (std::size_t i = 0; i < before.size(); ++i) {
        positions[nameOf(document, i)] = i;
    }
    std::set<std::size_t> seen;
    std::vector<std::size_t> to_see = {position};
    while (!to_see.empty()) {
        const std::size_t next = to_see.back();
        to_see.pop_back();
        for (const std::string& name : before.at(next)) {
            if (name == other) {
                return true;
            }
            const auto found = positions.find(name);
            if (found != positions.end() && seen.insert(found->second).second) {
                to_see.push_back(found->second);
            }
        }
    }
    return false;
}

std::size_t addStep(YamlDocument& document, const std::string& kind, std::size_t after) {
    const std::size_t count = document.size(kSteps);
    const std::size_t position = std::min(count, after + 1);
    std::set<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
        names.insert(nameOf(document, i));
    }
    std::string name = kind;
    for (int number = 2; names.contains(name); ++number) {
        name = kind + "-" + std::to_string(number);
    }
    auto before = allBefore(document);
    before.insert(before.begin() + static_cast<std::ptrdiff_t>(position),
                  position == 0 ? std::vector<std::string>() : std::vector{nameOf(document, position - 1)});
    document.insertItem(kSteps, position);
    document.put(stepPath(position) + "/name", name);
    setStepKind(document, position, kind);
    setAllBefore(document, before);
    return position;
}

void removeStep(YamlDocument& document, std::size_t position) {
    const std::string name = nameOf(document, position);
    auto before = allBefore(document);
    const std::vector<std::string> its = before.at(position);
    before.erase(before.begin() + static_cast<std::ptrdiff_t>(position));
    for (std::vector<std::string>& names : before) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            continue;
        }
        const auto place = names.erase(found);
        std::vector<std::string> more;
        std::copy_if(its.begin(), its.end(), std::back_inserter(more),
                     [&](const std::string& one) { return std::find(names.begin(), names.end(), one) == names.end(); });
        names.insert(place, more.begin(), more.end());
    }
    document.remove(stepPath(position));
    setAllBefore(document, before);
}

void renameStep(YamlDocument& document, std::size_t position, const std::string& name) {
    const std::string old = nameOf(document, position);
    auto before = allBefore(document);
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (i != position) {
            std::replace(before[i].begin(), before[i].end(), old, name);
        }
    }
    document.put(stepPath(position) + "/name", name);
    setAllBefore(document, before);
}

}  // namespace tessera::app
