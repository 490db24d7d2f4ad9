/// From the text of a dialect file to a Dialect, and all that is wrong with it.
#include "common/config/loader.h"
#include "common/strings.h"
#include "plugins/sdk/dialect_file/keys.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>

namespace tessera::dialect {

namespace {

using config::Section;

/// A dialect and what it points to.
struct Owned {
    std::deque<std::string> texts;
    std::vector<TypeRule> types;
    std::vector<FunctionRule> functions;
    std::vector<AggregateRule> aggregates;
    std::vector<AggregateRule> window_functions;
    Dialect dialect;

    std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

/// What the program's own dialects know.
struct Vocabulary {
    std::vector<std::string> types;
    std::vector<std::string> functions;
    std::vector<std::string> aggregates;
    std::vector<std::string> window_functions;
};

template <class Rules, class Name>
void addNames(std::vector<std::string>& names, const Rules& rules, Name name) {
    for (const auto& rule : rules) {
        if (std::find(names.begin(), names.end(), name(rule)) == names.end()) {
            names.emplace_back(name(rule));
        }
    }
}

const Vocabulary& vocabulary() {
    static const Vocabulary kVocabulary = [] {
        Vocabulary made;
        const auto signature = [](const auto& rule) { return rule.signature; };
        for (const Dialect* dialect : all()) {
            addNames(made.types, dialect->types, [](const TypeRule& rule) { return rule.type; });
            addNames(made.functions, dialect->functions, signature);
            addNames(made.aggregates, dialect->aggregates, signature);
            addNames(made.window_functions, dialect->window_functions, signature);
        }
        std::erase(made.types, "*");
        return made;
    }();
    return kVocabulary;
}

template <class Enum>
Enum enumOf(const std::vector<std::string>& names, const std::string& text) {
    const auto found = std::find(names.begin(), names.end(), text);
    return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

constexpr OperandNeed kOperandNeeds[] = {OperandNeed::kNone,   OperandNeed::kFixed,     OperandNeed::kRegex,
                                         OperandNeed::kLike,   OperandNeed::kAsciiLike, OperandNeed::kDivisor,
                                         OperandNeed::kCounts, OperandNeed::kPositions, OperandNeed::kAsciiOnly,
                                         OperandNeed::kDecimal};

/// What the program's own dialects ask for a function: the strictest collation, and the first need of its operands.
FunctionRule strictestOf(std::string_view signature) {
    FunctionRule strictest{.signature = signature, .sql = {}};
    for (const Dialect* dialect : all()) {
        if (const FunctionRule* rule = functionRule(*dialect, signature)) {
            strictest.collation = std::max(strictest.collation, rule->collation);
            strictest.need = strictest.need == OperandNeed::kNone ? rule->need : strictest.need;
        }
    }
    return strictest;
}

AggregateRule strictestAggregate(std::string_view signature) {
    AggregateRule strictest{.signature = signature, .sql = {}};
    for (const Dialect* dialect : all()) {
        for (const AggregateRule* rule : {aggregateRule(*dialect, signature), windowRule(*dialect, signature)}) {
            if (rule != nullptr) {
                strictest.collation = std::max(strictest.collation, rule->collation);
                strictest.arguments =
                    strictest.arguments == ArgumentNeed::kNone ? rule->arguments : strictest.arguments;
            }
        }
    }
    return strictest;
}

/// The names between braces.
std::vector<std::string> placesOf(std::string_view text) {
    std::vector<std::string> places;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const std::size_t close = text.find_first_of("{}", open + 1);
        if (close != std::string_view::npos && text[close] == '}') {
            places.emplace_back(text.substr(open + 1, close - open - 1));
        }
    }
    return places;
}

class FileReader {
  public:
    FileReader(Owned& made, std::vector<Error>& errors) : made_(made), errors_(errors) {}

    void read(const Section& file, const std::string& name) {
        start(file, name);
        leaveOut(file);
        readSwitches(file);
        readTexts(file);
        std::set<std::string> seen;
        for (const Section& one : file.sections("types")) {
            readType(one, seen);
        }
        for (const Section& one : file.sections("functions")) {
            readFunction(one, seen);
        }
        for (const Section& one : file.sections("aggregates")) {
            readAggregate(one, vocabulary().aggregates, made_.aggregates, seen);
        }
        for (const Section& one : file.sections("window_functions")) {
            readAggregate(one, vocabulary().window_functions, made_.window_functions, seen);
        }
        made_.dialect.types = made_.types;
        made_.dialect.functions = made_.functions;
        made_.dialect.aggregates = made_.aggregates;
        made_.dialect.window_functions = made_.window_functions;
    }

  private:
    void error(const std::string& where, const std::string& message, std::string hint = {}) {
        errors_.push_back(fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint)));
    }

    void start(const Section& file, const std::string& name) {
        if (!file.has("extends")) {
            error(file.where(), "'extends' is missing",
                  "write what the source is most like: " + join(extensibleNames(), ", ") +
                      "; 'generic' claims the least");
        }
        const Dialect& base = file.has("extends") ? *find(file.text("extends")).value() : kGeneric;
        made_.dialect = base;
        made_.dialect.name = made_.keep(name);
        made_.types.assign(base.types.begin(), base.types.end());
        made_.functions.assign(base.functions.begin(), base.functions.end());
        made_.aggregates.assign(base.aggregates.begin(), base.aggregates.end());
        made_.window_functions.assign(base.window_functions.begin(), base.window_functions.end());
    }

    void leaveOut(const Section& file) {
        for (const std::string& name : file.list("without")) {
            const std::size_t erased =
                std::erase_if(made_.types, [&](const TypeRule& rule) { return rule.type == name; }) +
                std::erase_if(made_.functions, [&](const FunctionRule& rule) { return rule.signature == name; }) +
                std::erase_if(made_.aggregates, [&](const AggregateRule& rule) { return rule.signature == name; });
            if (erased == 0) {
                error(file.where("without"), "the dialect '" + file.text("extends") + "' has no '" + name + "'",
                      suggestion(name, namesOfBase()));
            }
        }
    }

    std::vector<std::string> namesOfBase() const {
        std::vector<std::string> names;
        addNames(names, made_.types, [](const TypeRule& rule) { return rule.type; });
        addNames(names, made_.functions, [](const FunctionRule& rule) { return rule.signature; });
        addNames(names, made_.aggregates, [](const AggregateRule& rule) { return rule.signature; });
        return names;
    }

    void readSwitches(const Section& file) {
        for (const Switch& one : kSwitches) {
            if (file.has(one.key)) {
                made_.dialect.*one.member = file.boolean(one.key);
            }
        }
        if (file.has("null_order")) {
            made_.dialect.null_order = enumOf<NullOrder>(kNullOrderNames, file.text("null_order"));
        }
        if (file.has("row_limit")) {
            made_.dialect.row_limit = enumOf<RowLimit>(kRowLimitNames, file.text("row_limit"));
        }
        if (file.has("set_operations")) {
            made_.dialect.set_operations = enumOf<SetOperations>(kSetOperationNames, file.text("set_operations"));
        }
        if (file.has("decimal_digits")) {
            made_.dialect.decimal_digits = static_cast<std::size_t>(file.integer("decimal_digits"));
        }
        if (file.has("decimal_scale")) {
            made_.dialect.decimal_scale = static_cast<int>(file.integer("decimal_scale"));
        }
    }

    void readTexts(const Section& file) {
        if (file.has("quotes")) {
            if (file.text("quotes").size() != 2 || file.text("quotes").find_first_of(" '") != std::string::npos) {
                error(file.where("quotes"), "'quotes' must be two characters, not '" + file.text("quotes") + "'",
                      "for example '\"\"', '``' or '[]'");
            } else {
                made_.dialect.quotes = made_.keep(file.text("quotes"));
            }
        }
        take(file, "true_condition", made_.dialect.true_literal, {});
        take(file, "false_condition", made_.dialect.false_literal, {});
        take(file, "no_limit", made_.dialect.no_limit, {});
        take(file, "sample", made_.dialect.sample_condition, {"fraction"});
    }

    /// A template; nothing where the file has none. One of `places` must stand in it, unless there are none.
    void take(const Section& section, const char* key, std::string_view& text, const std::vector<std::string>& places) {
        if (!section.has(key) || section.text(key).empty()) {
            return;
        }
        text = made_.keep(section.text(key));
        const std::vector<std::string> used = placesOf(text);
        bool has_one = places.empty();
        for (const std::string& place : used) {
            const bool is_known = std::find(places.begin(), places.end(), place) != places.end();
            has_one = has_one || is_known;
            if (!is_known) {
                badPlace(section.where(key), key, place, places);
            }
        }
        if (!has_one) {
            error(section.where(key), std::string("'") + key + "' does not say where its value stands",
                  "write {" + join(places, "} or {") + "} there");
        }
    }

    void badPlace(const std::string& where, const std::string& key, const std::string& place,
                  const std::vector<std::string>& places) {
        error(where, "'" + key + "' knows no {" + place + "}",
              places.empty() ? "it takes no value" : "it may hold {" + join(places, "}, {") + "}");
    }

    bool isNew(const Section& section, const char* key, std::set<std::string>& seen) {
        const bool is_new = seen.insert(section.text(key)).second;
        if (!is_new) {
            error(section.where(key), "'" + section.text(key) + "' stands here a second time", "remove one of them");
        }
        return is_new;
    }

    bool isKnown(const Section& section, const char* key, const std::vector<std::string>& known, const char* what) {
        const std::string& name = section.text(key);
        if (std::find(known.begin(), known.end(), name) != known.end()) {
            return true;
        }
        const std::string near = nearest(name, known);
        error(section.where(key), std::string("there is no ") + what + " '" + name + "' that a dialect can have",
              near.empty() ? "docs/dialects.md lists them" : "did you mean '" + near + "'?");
        return false;
    }

    void readType(const Section& section, std::set<std::string>& seen) {
        if (!section.has("type") || !isKnown(section, "type", vocabulary().types, "type") ||
            !isNew(section, "type", seen)) {
            return;
        }
        TypeRule rule{.type = made_.keep(section.text("type")), .literal = {}, .param = {}, .equal = {}, .order = {}};
        take(section, "literal", rule.literal, {"raw", "real", "quoted", "type"});
        take(section, "null_literal", rule.null_literal, {});
        if (section.has("parameter")) {
            rule.param = made_.keep(section.text("parameter"));
            checkParameter(section, rule.param);
        }
        take(section, "equal", rule.equal, {"0"});
        take(section, "order", rule.order, {"0"});
        take(section, "column", rule.column, {"0"});
        take(section, "output", rule.output, {"0"});
        take(section, "equal_between", rule.equal_between, {"0"});
        rule.equal_exactness = exactnessOf(section);
        replace(made_.types, rule, [&](const TypeRule& one) { return one.type == rule.type; });
    }

    /// ODBC has no other places than question marks.
    void checkParameter(const Section& section, std::string_view text) {
        for (const std::string& place : placesOf(text)) {
            if (place != "type") {
                badPlace(section.where("parameter"), "parameter", place, {"type"});
            }
        }
        if (std::count(text.begin(), text.end(), '?') != 1) {
            error(section.where("parameter"), "'parameter' must hold one question mark",
                  "for example '?' or 'CAST(? AS INTEGER)'");
        }
    }

    static ir::Exactness exactnessOf(const Section& section) {
        return section.has("exactness") && section.text("exactness") == "superset" ? ir::Exactness::kSuperset
                                                                                   : ir::Exactness::kExact;
    }

    void readFunction(const Section& section, std::set<std::string>& seen) {
        if (!section.has("function") || !isKnown(section, "function", vocabulary().functions, "function") ||
            !isNew(section, "function", seen)) {
            return;
        }
        FunctionRule rule = strictestOf(made_.keep(section.text("function")));
        rule.exactness = exactnessOf(section);
        if (section.has("collation")) {
            rule.collation = enumOf<CollationNeed>(kCollationNames, section.text("collation"));
        }
        if (section.has("operands")) {
            rule.need = kOperandNeeds[enumOf<std::size_t>(kOperandNames, section.text("operands"))];
        }
        rule.sql = made_.keep(section.text("sql"));
        checkOperands(section, rule.sql, operandsOf(rule.signature));
        replace(made_.functions, rule, [&](const FunctionRule& one) { return one.signature == rule.signature; });
    }

    /// The places of a signature that are no constants named by their value, as "extract(year,timestamp)" has one.
    static std::vector<std::string> operandsOf(std::string_view signature) {
        std::vector<std::string> operands;
        const std::vector<std::string_view> types = parseSignature(signature).types;
        for (std::size_t i = 0; i < types.size(); ++i) {
            const auto& known = vocabulary().types;
            if (types[i].starts_with("any") || types[i] == "interval" || types[i] == "bpchar" ||
                std::find(known.begin(), known.end(), types[i]) != known.end()) {
                operands.push_back(std::to_string(i));
            }
        }
        return operands;
    }

    void checkOperands(const Section& section, std::string_view sql, const std::vector<std::string>& operands) {
        const std::vector<std::string> used = placesOf(sql);
        for (const std::string& operand : operands) {
            if (std::find(used.begin(), used.end(), operand) == used.end()) {
                error(section.where("sql"), "'sql' leaves out the operand {" + operand + "}",
                      "each argument must stand there, so that NULL and errors come out as they should");
            }
        }
        for (const std::string& place : used) {
            if (std::find(operands.begin(), operands.end(), place) == operands.end()) {
                badPlace(section.where("sql"), "sql", place, operands);
            }
        }
    }

    void readAggregate(const Section& section, const std::vector<std::string>& known, std::vector<AggregateRule>& rules,
                       std::set<std::string>& seen) {
        if (!section.has("function") || !isKnown(section, "function", known, "aggregate or window function") ||
            !isNew(section, "function", seen)) {
            return;
        }
        AggregateRule rule = strictestAggregate(made_.keep(section.text("function")));
        if (section.has("collation")) {
            rule.collation = enumOf<CollationNeed>(kCollationNames, section.text("collation"));
        }
        rule.sql = made_.keep(section.text("sql"));
        checkAggregate(section, rule);
        replace(rules, rule, [&](const AggregateRule& one) { return one.signature == rule.signature; });
    }

    void checkAggregate(const Section& section, const AggregateRule& rule) {
        std::vector<std::string> places = {"args", "distinct", "order", "tail"};
        const bool has_types = rule.signature.find('(') != std::string_view::npos;
        const std::vector<std::string> operands =
            has_types ? operandsOf(rule.signature) : std::vector<std::string>{"0", "1", "2"};
        places.insert(places.end(), operands.begin(), operands.end());
        const std::vector<std::string> used = placesOf(rule.sql);
        for (const std::string& place : used) {
            if (std::find(places.begin(), places.end(), place) == places.end()) {
                badPlace(section.where("sql"), "sql", place, places);
            }
        }
        if (static_cast<std::size_t>(std::count(rule.sql.begin(), rule.sql.end(), '{')) != used.size()) {
            error(section.where("sql"), "'sql' has a brace that belongs to no place", "write {0}, {1}, … or {args}");
        }
        const bool has_all = std::find(used.begin(), used.end(), "args") != used.end();
        for (const std::string& operand : has_types ? operands : std::vector<std::string>()) {
            if (!has_all && std::find(used.begin(), used.end(), operand) == used.end()) {
                error(section.where("sql"), "'sql' leaves out the operand {" + operand + "}");
            }
        }
    }

    template <class Rule, class IsSame>
    static void replace(std::vector<Rule>& rules, const Rule& rule, IsSame is_same) {
        const auto old = std::find_if(rules.begin(), rules.end(), is_same);
        if (old != rules.end()) {
            *old = rule;
        } else {
            rules.push_back(rule);
        }
    }

    Owned& made_;
    std::vector<Error>& errors_;
};

}  // namespace

FileReading readFile(const std::string& text, const std::string& origin, const std::string& name) {
    config::Reading reading = config::parseAll(text, origin, "/", fileSchema(), {.are_expanded = false});
    FileReading read;
    read.errors = std::move(reading.errors);
    if (!reading.section) {
        return read;
    }
    auto made = std::make_unique<Owned>();
    FileReader(*made, read.errors).read(*reading.section, name);
    if (read.errors.empty()) {
        read.dialect = &made.release()->dialect;  // see the header: for ever
    }
    return read;
}

}  // namespace tessera::dialect
