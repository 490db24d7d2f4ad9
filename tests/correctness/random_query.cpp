#include "tests/correctness/random_query.h"

namespace tessera::correctness {

RandomQuery::RandomQuery(const HostileTable& table, std::uint32_t seed) : random_(seed) {
    for (const HostileColumn& column : table.columns()) {
        if (column.name != "f8") {
            columns_.push_back(column.name);
        }
    }
}

std::string RandomQuery::next() {
    aliases_.clear();
    names_ = 0;
    switch (below(6)) {
        case 0:
            return distinct();
        case 1:
            return groups();
        case 2:
            return windows();
        case 3:
            return firstOfEach();
        default:
            return rows();
    }
}

bool RandomQuery::chance(int percent) {
    return static_cast<int>(random_() % 100) < percent;
}

std::size_t RandomQuery::below(std::size_t count) {
    return random_() % count;
}

std::string RandomQuery::column() {
    return columns_[below(columns_.size())];
}

std::string RandomQuery::anyAlias() {
    return aliases_[below(aliases_.size())];
}

std::string RandomQuery::condition(const std::string& alias) {
    static const std::vector<std::string> kConditions = {"#.i4 > 0",
                                                         "#.txt < 'b'",
                                                         "#.vc = 'x'",
                                                         "#.b",
                                                         "#.i2 IS NULL",
                                                         "#.txt LIKE 'a%'",
                                                         "#.i4 IN (1, 5)",
                                                         "coalesce(#.i4, 0) = 0",
                                                         "NOT #.b",
                                                         "#.i8 <> 5",
                                                         "#.vc IS NOT NULL",
                                                         "#.i4 BETWEEN -10 AND 1000",
                                                         "upper(#.vc) = 'X'",
                                                         "#.txt ILIKE 'a%'",
                                                         "#.b IS NOT TRUE",
                                                         "length(#.txt) > 1 OR #.i2 = 5",
                                                         "#.vc > 'E' OR #.i4 IS NULL"};
    std::string text = kConditions[below(kConditions.size())];
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at)) {
        text.replace(at, 1, alias);
    }
    return "(" + text + ")";
}

/// Few rows, so that no tree of joins grows beyond bounds.
std::string RandomQuery::relation() {
    std::string alias = "r";
    alias += std::to_string(names_++);
    aliases_.push_back(alias);
    const std::string table = chance(50) ? "$t" : "$u";
    std::string text = "(SELECT * FROM " + table + " x WHERE id < " + std::to_string(6 + below(16));
    if (chance(40)) {
        text += " AND " + condition("x");
    }
    if (chance(20)) {
        text += " AND " + exists("x", 0);
    }
    return text += ") " + alias;
}

std::string RandomQuery::exists(const std::string& alias, int depth) {
    const std::string inner = "e" + std::to_string(names_++);
    const std::string key = column();
    std::string text = chance(50) ? "EXISTS (SELECT 1 FROM " : "NOT EXISTS (SELECT 1 FROM ";
    text += (chance(50) ? "$t " : "$u ") + inner + " WHERE " + inner + "." + key + " = " + alias + "." + key;
    if (chance(50)) {
        text += " AND " + condition(inner);
    }
    if (chance(20)) {
        text += " AND " + condition(alias);
    }
    if (depth < 2 && chance(30)) {
        text += " AND " + exists(inner, depth + 1);
    }
    return text += ")";
}

std::string RandomQuery::from() {
    std::string text = relation();
    const std::size_t joins = below(3);
    for (std::size_t i = 0; i < joins; ++i) {
        static const std::vector<std::string> kJoins = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "};
        const std::string kind = kJoins[below(kJoins.size())];
        const std::string other = anyAlias();
        const std::string side = relation();
        const std::string alias = aliases_.back();
        const std::string key = column();
        text = "(" + text + kind + side + " ON " + alias + "." + key + " = " + other + "." + key;
        if (kind != " FULL JOIN " && chance(40)) {
            text += " AND " + condition(chance(50) ? alias : other);
        }
        text += ")";
    }
    return text;
}

std::string RandomQuery::where() {
    std::string text;
    for (std::size_t i = below(3); i > 0; --i) {
        text += text.empty() ? " WHERE " : " AND ";
        const std::string alias = anyAlias();
        text += chance(35) ? exists(alias, 0) : condition(alias);
    }
    return text;
}

/// One value of these for each row of the joins.
std::string RandomQuery::ids() const {
    std::string text;
    for (const std::string& alias : aliases_) {
        text += (text.empty() ? "" : ", ") + alias + ".id";
    }
    return text;
}

std::string RandomQuery::aggregate(const std::string& alias) {
    static const std::vector<std::string> kAggregates = {"count(*)",
                                                         "count(#.txt)",
                                                         "sum(#.i4)",
                                                         "avg(#.i4)",
                                                         "min(#.txt)",
                                                         "max(#.vc)",
                                                         "sum(#.i8)",
                                                         "count(DISTINCT #.vc)",
                                                         "count(*) FILTER (WHERE #.b)",
                                                         "bool_and(#.b)",
                                                         "max(#.i2)",
                                                         "avg(#.i8)"};
    std::string text = kAggregates[below(kAggregates.size())];
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at)) {
        text.replace(at, 1, alias);
    }
    return text;
}

std::string RandomQuery::rows() {
    const std::string tables = from();
    std::string text = "SELECT " + ids() + ", " + anyAlias() + "." + column() + " FROM " + tables + where();
    if (chance(40)) {
        text += " ORDER BY " + ids() + " LIMIT " + std::to_string(1 + below(9));
        text += chance(30) ? " OFFSET 2" : "";
    }
    return text;
}

std::string RandomQuery::distinct() {
    const std::string tables = from();
    const std::string first = anyAlias() + "." + column();
    if (chance(30)) {
        return "SELECT DISTINCT ON (" + first + ") " + first + ", " + ids() + " FROM " + tables + where() +
               " ORDER BY " + first + (chance(50) ? " DESC NULLS LAST, " : ", ") + ids();
    }
    return "SELECT DISTINCT " + first + ", " + anyAlias() + "." + column() + " FROM " + tables + where();
}

std::string RandomQuery::groups() {
    static const std::vector<std::string> kSets = {" GROUP BY %", " GROUP BY ROLLUP (%)", " GROUP BY CUBE (%)"};
    const std::string tables = from();
    const std::string keys = anyAlias() + ".vc, " + anyAlias() + ".b";
    const std::string set = kSets[below(kSets.size())];
    std::string text = "SELECT " + keys + ", " + aggregate(anyAlias()) + ", " + aggregate(anyAlias()) + " FROM " +
                       tables + where() + set.substr(0, set.find('%')) + keys + set.substr(set.find('%') + 1);
    return text += chance(30) ? " HAVING count(*) > 1" : "";
}

std::string RandomQuery::windows() {
    static const std::vector<std::string> kFunctions = {"row_number()",    "rank()",         "lag(#)",
                                                        "lead(#, 2)",      "first_value(#)", "last_value(#)",
                                                        "nth_value(#, 2)", "ntile(3)",       "cume_dist()"};
    static const std::vector<std::string> kFrames = {
        "", " ROWS 2 PRECEDING", " ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING", " GROUPS 1 PRECEDING"};
    const std::string tables = from();
    std::string function = chance(40) ? aggregate(anyAlias()) : kFunctions[below(kFunctions.size())];
    if (function.find("DISTINCT") != std::string::npos) {
        function = "count(*)";
    }
    if (const std::size_t at = function.find('#'); at != std::string::npos) {
        function.replace(at, 1, anyAlias() + "." + column());
    }
    return "SELECT " + ids() + ", " + function + " OVER (" +
           (chance(60) ? "PARTITION BY " + anyAlias() + "." + column() + " " : "") + "ORDER BY " + anyAlias() + "." +
           column() + (chance(50) ? " DESC, " : ", ") + ids() + kFrames[below(kFrames.size())] + ") FROM " + tables +
           where();
}

std::string RandomQuery::firstOfEach() {
    const std::string tables = from();
    return "SELECT * FROM (SELECT " + anyAlias() + ".vc, row_number() OVER (PARTITION BY " + anyAlias() + "." +
           column() + " ORDER BY " + ids() + ") AS n FROM " + tables + where() +
           ") q WHERE n <= " + std::to_string(1 + below(3));
}

}  // namespace tessera::correctness
