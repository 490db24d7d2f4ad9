#include "nodeservice/mesh/rebalance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace tessera::mesh {

namespace {

/// Shards that move together.
struct Unit {
    std::vector<std::pair<const ShardedTable*, const Shard*>> shards;
    std::string from;
    std::string to;
    double weight = 0;
    bool is_free = true;
    /// Nodes that have a replica, which would be away with the shard.
    std::set<std::string> avoided = {};
    /// That its tables are kept to; empty: any.
    std::set<std::string> kept_to = {};

    bool isKeptFrom(const std::string& node) const { return !kept_to.empty() && !kept_to.contains(node); }

    bool mayGoTo(const std::string& node) const { return !avoided.contains(node) && !isKeptFrom(node); }
};

/// An empty shard is not nothing: nodes share those, too.
double weightOf(const Shard& shard) {
    return 8192.0 + (shard.size ? static_cast<double>(shard.size->bytes) : 0.0);
}

std::string nodeOf(const Shard& shard) {
    return shard.move ? shard.move->to.node : shard.primary.node;
}

std::string typeOf(const ShardedTable& table, const std::string& name) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const ShardColumn& column) { return column.name == name; });
    return found == table.columns.end() ? std::string() : found->type;
}

bool isAlike(const ShardedTable& a, const ShardedTable& b) {
    if (a.method != b.method || a.kept_to != b.kept_to || a.shards.size() != b.shards.size() ||
        a.shard_by.size() != b.shard_by.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.shard_by.size(); ++i) {
        if (typeOf(a, a.shard_by[i]) != typeOf(b, b.shard_by[i])) {
            return false;
        }
    }
    for (std::size_t i = 0; i < a.shards.size(); ++i) {
        if (a.shards[i].number != b.shards[i].number || a.shards[i].bound != b.shards[i].bound ||
            nodeOf(a.shards[i]) != nodeOf(b.shards[i])) {
            return false;
        }
    }
    return true;
}

std::vector<Unit> unitsOf(const ShardMap& map, const std::string& only) {
    std::vector<std::vector<const ShardedTable*>> groups;
    for (const ShardedTable& table : map.tables) {
        const auto group =
            std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return isAlike(*one.front(), table); });
        if (group == groups.end()) {
            groups.push_back({&table});
        } else {
            group->push_back(&table);
        }
    }
    std::vector<Unit> units;
    for (const auto& group : groups) {
        if (!only.empty() &&
            std::none_of(group.begin(), group.end(), [&](const auto* table) { return table->text() == only; })) {
            continue;
        }
        for (std::size_t i = 0; i < group.front()->shards.size(); ++i) {
            Unit unit;
            unit.kept_to = group.front()->kept_to;
            for (const ShardedTable* table : group) {
                const Shard& shard = table->shards[i];
                unit.shards.emplace_back(table, &shard);
                unit.weight += weightOf(shard);
                unit.is_free = unit.is_free && !shard.move && !table->key.empty();
                for (const Replica& replica : shard.replicas) {
                    unit.avoided.insert(replica.at.node);
                }
            }
            unit.from = unit.to = nodeOf(*unit.shards.front().second);
            units.push_back(std::move(unit));
        }
    }
    return units;
}

std::string nameOf(const Unit& unit) {
    return "shard " + std::to_string(unit.shards.front().second->number) + " of " + unit.shards.front().first->text();
}

class Balance {
  public:
    Balance(std::vector<Unit> units, const std::set<std::string>& nodes) : units_(std::move(units)) {
        for (const std::string& node : nodes) {
            loads_[node] = 0;
        }
        for (const Unit& unit : units_) {
            if (loads_.contains(unit.to)) {
                loads_[unit.to] += unit.weight;
            }
        }
    }

    /// The heaviest first, each to the node that has the least then.
    void moveOff(const std::function<bool(const Unit&)>& is_to_go, std::vector<std::string>& notes) {
        std::vector<Unit*> going;
        for (Unit& unit : units_) {
            if (is_to_go(unit) && unit.is_free && !loads_.empty()) {
                going.push_back(&unit);
            } else if (is_to_go(unit)) {
                noteStays(unit, notes);
            }
        }
        std::stable_sort(going.begin(), going.end(),
                         [](const Unit* a, const Unit* b) { return a->weight > b->weight; });
        for (Unit* unit : going) {
            const std::map<std::string, double> open = openTo(*unit);
            if (open.empty()) {
                notes.push_back(nameOf(*unit) + (!unit->kept_to.empty()
                                                     ? " stays: there is no other node that its table is kept to"
                                                     : " stays: all other nodes have replicas of it; drop one"));
            } else {
                move(*unit, std::min_element(open.begin(), open.end(), lighter)->first);
            }
        }
    }

    /// What is kept to some nodes among those, then the rest among all.
    void evenOut(std::vector<std::string>& notes) {
        std::set<std::set<std::string>> groups;
        for (const Unit& unit : units_) {
            groups.insert(unit.kept_to);
        }
        for (const std::set<std::string>& group : groups) {
            if (!group.empty()) {
                evenOutAmong(group, notes);
            }
        }
        evenOutAmong({}, notes);
    }

    std::vector<PlannedMove> moves() const {
        std::vector<PlannedMove> moves;
        for (const Unit& unit : units_) {
            for (const auto& [table, shard] : unit.shards) {
                if (unit.from != unit.to) {
                    moves.push_back({table, shard, unit.to});
                }
            }
        }
        return moves;
    }

  private:
    /// Again and again what brings the fullest and the emptiest node closest together, of the units that are kept to
    /// these nodes.
    void evenOutAmong(const std::set<std::string>& group, std::vector<std::string>& notes) {
        for (std::size_t step = 0; step <= units_.size(); ++step) {
            std::map<std::string, double> loads = loads_;
            std::erase_if(loads, [&](const auto& load) { return !group.empty() && !group.contains(load.first); });
            if (loads.size() < 2) {
                return;
            }
            const auto [least, most] = std::minmax_element(loads.begin(), loads.end(), lighter);
            const double gap = most->second - least->second;
            double all = 0;
            for (const auto& [node, load] : loads) {
                all += load;
            }
            if (gap <= all / static_cast<double>(loads.size()) / 10) {
                return;
            }
            Unit* best = nullptr;
            const Unit* heaviest = nullptr;
            for (Unit& unit : units_) {
                if (unit.to != most->first) {
                    continue;
                }
                heaviest = heaviest == nullptr || unit.weight > heaviest->weight ? &unit : heaviest;
                const auto off = [&](const Unit& one) { return std::abs(gap - 2 * one.weight); };
                // Behind it the gap is smaller.
                if (unit.is_free && unit.kept_to == group && unit.mayGoTo(least->first) && unit.weight < gap &&
                    (best == nullptr || off(unit) < off(*best))) {
                    best = &unit;
                }
            }
            if (best == nullptr || std::abs(gap - 2 * best->weight) >= gap) {
                if (heaviest != nullptr && heaviest->weight > all / 2) {
                    notes.push_back(nameOf(*heaviest) + " has most of the rows, at node '" + most->first +
                                    "': no move evens that out; 'tessera shard split' may");
                }
                return;
            }
            move(*best, least->first);
        }
    }

    static bool lighter(const std::pair<const std::string, double>& a, const std::pair<const std::string, double>& b) {
        return a.second < b.second;
    }

    static void noteStays(const Unit& unit, std::vector<std::string>& notes) {
        for (const auto& [table, shard] : unit.shards) {
            if (table->key.empty()) {
                notes.push_back("shard " + std::to_string(shard->number) + " of " + table->text() +
                                " stays: its rows can not be told apart; declare the table with a key");
            } else if (shard->move) {
                notes.push_back("shard " + std::to_string(shard->number) + " of " + table->text() +
                                " is on its way to " + shard->move->to.text() + " already");
            }
        }
    }

    std::map<std::string, double> openTo(const Unit& unit) const {
        std::map<std::string, double> open = loads_;
        std::erase_if(open, [&](const auto& load) { return !unit.mayGoTo(load.first); });
        return open;
    }

    void move(Unit& unit, const std::string& to) {
        if (const auto from = loads_.find(unit.to); from != loads_.end()) {
            from->second -= unit.weight;
        }
        loads_[to] += unit.weight;
        unit.to = to;
    }

    std::vector<Unit> units_;
    std::map<std::string, double> loads_;
};

}  // namespace

RebalancePlan planRebalance(const ShardMap& map, const std::set<std::string>& nodes, const std::string& table) {
    RebalancePlan plan;
    Balance balance(unitsOf(map, table), nodes);
    balance.moveOff([&](const Unit& unit) { return !nodes.contains(unit.to) || unit.isKeptFrom(unit.to); }, plan.notes);
    balance.evenOut(plan.notes);
    plan.moves = balance.moves();
    return plan;
}

RebalancePlan planDrain(const ShardMap& map, const std::set<std::string>& nodes, const std::string& drained) {
    RebalancePlan plan;
    Balance balance(unitsOf(map, {}), nodes);
    balance.moveOff([&](const Unit& unit) { return unit.to == drained; }, plan.notes);
    plan.moves = balance.moves();
    return plan;
}

}  // namespace tessera::mesh
