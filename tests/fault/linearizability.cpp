#include "tests/fault/linearizability.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>

namespace tessera::fault {

namespace {

constexpr const char* kNothing = "-";
constexpr int kMostSteps = 3'000'000;

/// The state after the operation, if its answer is right in `state`. One without an answer is right in any.
std::optional<std::string> take(const Operation& operation, const std::string& state) {
    const bool is_open = operation.returned == Operation::kNever;
    switch (operation.kind) {
        case OperationKind::kRead:
            return is_open || operation.answer == state ? std::optional(state) : std::nullopt;
        case OperationKind::kWrite:
            return operation.value;
        case OperationKind::kCompareAndSet: {
            const bool sets = state == operation.expected;
            if (!is_open && (operation.answer == "ok") != sets) {
                return std::nullopt;
            }
            return sets ? operation.value : state;
        }
        case OperationKind::kAppend: {
            std::string text = state == kNothing ? operation.value : state + "," + operation.value;
            return is_open || operation.answer == text ? std::optional(std::move(text)) : std::nullopt;
        }
    }
    return std::nullopt;
}

/// One key's calls and returns in a doubly linked list, from which operations that have taken effect are lifted.
class Search {
  public:
    explicit Search(const std::vector<const Operation*>& operations) : operations_(operations) {
        std::vector<Moment> moments;
        for (std::size_t i = 0; i < operations.size(); ++i) {
            moments.push_back({operations[i]->called, i, false});
            moments.push_back({operations[i]->returned, i, true});
        }
        std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.at < b.at; });
        moments_ = std::move(moments);
        next_.resize(moments_.size() + 1);
        previous_.resize(moments_.size() + 1);
        return_of_.resize(operations.size());
        for (std::size_t i = 0; i <= moments_.size(); ++i) {
            next_[i] = (i + 1) % (moments_.size() + 1);
            previous_[i] = (i + moments_.size()) % (moments_.size() + 1);
        }
        for (std::size_t i = 0; i < moments_.size(); ++i) {
            if (moments_[i].is_return) {
                return_of_[moments_[i].operation] = i + 1;
            }
        }
        done_.assign(operations.size(), '0');
    }

    /// Positions are moments + 1; 0 is the list's head.
    bool succeeds() {
        std::string state = kNothing;
        std::size_t at = next_[0];
        while (next_[0] != 0) {
            if (++steps_ > kMostSteps) {
                return true;
            }
            const Moment& moment = moments_[at - 1];
            if (!moment.is_return) {
                const auto after = take(*operations_[moment.operation], state);
                if (after && isNew(moment.operation, *after)) {
                    taken_.push_back({at, state});
                    state = *after;
                    lift(at);
                    at = next_[0];
                    continue;
                }
                at = next_[at];
                continue;
            }
            // An operation without an answer never has to take effect.
            if (operations_[moment.operation]->returned == Operation::kNever) {
                return true;
            }
            if (taken_.empty()) {
                return false;
            }
            const Taken last = taken_.back();
            taken_.pop_back();
            putBack(last.at);
            state = last.state;
            at = next_[last.at];
        }
        return true;
    }

    bool isUndecided() const { return steps_ > kMostSteps; }

  private:
    struct Moment {
        std::uint64_t at = 0;
        std::size_t operation = 0;
        bool is_return = false;
    };

    struct Taken {
        std::size_t at = 0;
        std::string state;
    };

    bool isNew(std::size_t operation, const std::string& state) {
        done_[operation] = '1';
        const bool is_new = seen_.insert(done_ + state).second;
        done_[operation] = '0';
        return is_new;
    }

    void unlink(std::size_t at) {
        next_[previous_[at]] = next_[at];
        previous_[next_[at]] = previous_[at];
    }

    void link(std::size_t at) {
        next_[previous_[at]] = at;
        previous_[next_[at]] = at;
    }

    void lift(std::size_t call) {
        done_[moments_[call - 1].operation] = '1';
        unlink(call);
        unlink(return_of_[moments_[call - 1].operation]);
    }

    void putBack(std::size_t call) {
        done_[moments_[call - 1].operation] = '0';
        link(return_of_[moments_[call - 1].operation]);
        link(call);
    }

    const std::vector<const Operation*>& operations_;
    std::vector<Moment> moments_;
    std::vector<std::size_t> next_;
    std::vector<std::size_t> previous_;
    std::vector<std::size_t> return_of_;
    int steps_ = 0;
    std::string done_;
    std::vector<Taken> taken_;
    std::unordered_set<std::string> seen_;
};

std::string describe(const Operation& operation) {
    static const std::map<OperationKind, std::string> kNames = {{OperationKind::kRead, "read"},
                                                                {OperationKind::kWrite, "write"},
                                                                {OperationKind::kCompareAndSet, "compare-and-set"},
                                                                {OperationKind::kAppend, "append"}};
    const bool is_open = operation.returned == Operation::kNever;
    return "[" + std::to_string(operation.called) + ", " +
           (is_open ? std::string("?") : std::to_string(operation.returned)) + "] client " +
           std::to_string(operation.client) + ": " + kNames.at(operation.kind) + " " + operation.expected +
           (operation.expected.empty() ? "" : " -> ") + operation.value + " = " + operation.answer;
}

}  // namespace

std::optional<std::string> findNonLinearizable(const History& history, int* undecided) {
    std::map<std::string, std::vector<const Operation*>> keys;
    for (const Operation& operation : history) {
        // A read without an answer says nothing.
        if (operation.kind != OperationKind::kRead || operation.returned != Operation::kNever) {
            keys[operation.key].push_back(&operation);
        }
    }
    for (auto& [key, operations] : keys) {
        std::stable_sort(operations.begin(), operations.end(),
                         [](const Operation* a, const Operation* b) { return a->called < b->called; });
        Search search(operations);
        const bool is_linearizable = search.succeeds();
        if (undecided != nullptr && search.isUndecided()) {
            ++*undecided;
        }
        if (!is_linearizable) {
            std::string text = "the operations on key '" + key + "' have no linearization:";
            for (const Operation* operation : operations) {
                text += "\n  " + describe(*operation);
            }
            return text;
        }
    }
    return std::nullopt;
}

}  // namespace tessera::fault
