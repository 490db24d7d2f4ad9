#include "nodeservice/endpoints/definition/changes.h"

#include <algorithm>

namespace tessera::endpoints {

namespace {

bool isTighter(const Parameter& before, const Parameter& after) {
    const auto narrows = [&](const std::optional<std::string>& old, const std::optional<std::string>& now, int sign) {
        return now && (!old || before.type != after.type || compareValues(after.type, *now, *old) * sign > 0);
    };
    return narrows(before.least, after.least, 1) || narrows(before.most, after.most, -1) ||
           (after.most_length && (!before.most_length || *after.most_length < *before.most_length));
}

void compareParameters(const Definition& before, const Definition& after, std::vector<std::string>& changes) {
    for (const Parameter& old : before.parameters) {
        const Parameter* now = after.parameter(old.name);
        const std::string name = "the parameter '" + old.name + "'";
        if (now == nullptr) {
            changes.push_back(name + " is gone");
            continue;
        }
        if (now->type != old.type || now->is_list != old.is_list) {
            changes.push_back(name + " is of another type");
        } else if (isTighter(old, *now)) {
            changes.push_back(name + " allows less");
        }
        if (now->is_required && !old.is_required) {
            changes.push_back(name + " is required");
        } else if (now->default_value != old.default_value) {
            changes.push_back(name + " has another default");
        }
        for (const std::string& choice : old.choices) {
            if (!now->choices.empty() &&
                std::find(now->choices.begin(), now->choices.end(), choice) == now->choices.end()) {
                changes.push_back(name + " does not allow '" + choice + "' any more");
            }
        }
        if (old.choices.empty() && !now->choices.empty()) {
            changes.push_back(name + " allows only the values of its enum");
        }
    }
    for (const Parameter& now : after.parameters) {
        if (now.is_required && before.parameter(now.name) == nullptr) {
            changes.push_back("the new parameter '" + now.name + "' is required");
        }
    }
}

void compareColumns(const Interface& before, const Interface& after, std::vector<std::string>& changes) {
    for (const ResultColumn& old : before.columns) {
        const auto now = std::find_if(after.columns.begin(), after.columns.end(),
                                      [&](const ResultColumn& one) { return one.name == old.name; });
        const std::string name = "the field '" + old.name + "'";
        if (now == after.columns.end()) {
            changes.push_back(name + " is gone");
        } else if (now->type != old.type ||
                   before.definition.numbers.contains(old.name) != after.definition.numbers.contains(old.name)) {
            changes.push_back(name + " is of another type");
        } else if (old.is_not_null && !now->is_not_null) {
            changes.push_back(name + " may be null");
        }
    }
}

}  // namespace

std::vector<std::string> breakingChanges(const Interface& before, const Interface& after) {
    std::vector<std::string> changes;
    compareParameters(before.definition, after.definition, changes);
    compareColumns(before, after, changes);
    const Definition& old = before.definition;
    const Definition& now = after.definition;
    for (const std::string& column : old.sortable) {
        if (std::find(now.sortable.begin(), now.sortable.end(), column) == now.sortable.end()) {
            changes.push_back("it cannot be sorted by '" + column + "' any more");
        }
    }
    if (old.paging.has_value() != now.paging.has_value()) {
        changes.push_back(now.paging ? "its rows come in pages" : "its rows come in pages no more");
    } else if (now.paging && now.paging->most < old.paging->most) {
        changes.push_back("its pages are smaller");
    }
    if (old.writes != now.writes) {
        changes.push_back("it is called by other methods");
    }
    if (now.may_be_partial && !old.may_be_partial) {
        changes.push_back("its rows may be partial");
    }
    for (const std::string& role : old.roles) {
        if (!now.roles.empty() && !now.roles.contains(role)) {
            changes.push_back("the role '" + role + "' may not call it any more");
        }
    }
    if (old.roles.empty() && !now.roles.empty()) {
        changes.push_back("only some roles may call it");
    }
    return changes;
}

}  // namespace tessera::endpoints
