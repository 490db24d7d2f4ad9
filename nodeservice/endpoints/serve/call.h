#pragma once

/// One call of an endpoint: what was given, judged against what the endpoint has. All that is wrong is said, with the
/// parameter's name, its value and what is allowed. Pure; any thread.

#include "nodeservice/endpoints/definition/definition.h"
#include "nodeservice/endpoints/serve/given.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::endpoints {

/// A version of an endpoint as it is served.
struct Published {
    std::int64_t version = 0;
    Definition definition;
    std::vector<ResultColumn> columns;
    /// compileSql()
    std::string compiled;
    std::string author;
    std::int64_t at_ms = 0;
};

struct Problem {
    std::string parameter;
    /// What was given, shortened; none: nothing was.
    std::optional<std::string> value;
    std::string message;
    /// Empty when there is nothing more to say.
    std::string allowed;
};

struct Call {
    /// In the order of the endpoint's parameters, in PostgreSQL's text form; none is NULL.
    std::vector<std::optional<std::string>> values;
    /// Positions of the columns that are wanted, in the endpoint's order.
    std::vector<std::size_t> fields;
    /// 0: all rows.
    std::int64_t limit = 0;
    /// What the rows are ordered by: the caller's keys and behind them those of the endpoint. Only with pages.
    std::vector<SortKey> order;
    /// The order's values of the row behind which the page begins; none: the first page.
    std::optional<std::vector<std::optional<std::string>>> after;
    /// "csv" and the like, from `format`; empty: as the header Accept says.
    std::string format;

    bool operator==(const Call&) const = default;
};

struct ReadCall {
    /// Complete only when there are no problems.
    Call call;
    std::vector<Problem> problems;
};

ReadCall readCall(const Published& endpoint, const std::vector<Given>& given);

/// The cursor of the page behind the row with these values of the call's order. It holds values alone, which are bound
/// as parameters, and a mark of the call that it belongs to.
std::string makeCursor(const Published& endpoint, const Call& call,
                       const std::vector<std::optional<std::string>>& values);

/// The same for calls that have the same answer.
std::string keyOf(const Published& endpoint, const Call& call);

}  // namespace tessera::endpoints
