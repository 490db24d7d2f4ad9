#include "app/core/results/row_filter.h"

#include "app/core/output/text_writers.h"
#include "app/core/results/value_order.h"

#include <QString>
#include <algorithm>
#include <array>
#include <optional>

namespace tessera::app {

namespace {

using Operator = FilterCondition::Operator;

char lowerAscii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isAscii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lowerAscii(x) == lowerAscii(y); });
}

bool isWordCharacter(char c) {
    return c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
}

struct Token {
    enum class Kind { kWord, kQuotedName, kString, kSign, kEnd } kind = Kind::kEnd;
    std::string text;
};

/// An unfinished quote ends with the text.
class Tokens {
  public:
    explicit Tokens(std::string_view text) : text_(text) { advance(); }

    const Token& current() const { return token_; }

    Token take() {
        Token taken = token_;
        advance();
        return taken;
    }

    bool takeWord(std::string_view word) {
        const bool is_it = token_.kind == Token::Kind::kWord && equalsIgnoringCase(token_.text, word);
        if (is_it) {
            advance();
        }
        return is_it;
    }

  private:
    void advance() {
        while (!text_.empty() && text_[0] == ' ') {
            text_.remove_prefix(1);
        }
        token_ = {};
        if (text_.empty()) {
            return;
        }
        const char first = text_[0];
        if (first == '\'' || first == '"') {
            takeQuoted(first);
            return;
        }
        const bool is_sign = std::string_view("<>=!").find(first) != std::string_view::npos;
        std::size_t length = 1;
        while (length < text_.size() && (is_sign ? std::string_view("<>=").find(text_[length]) != std::string_view::npos
                                                 : isWordCharacter(text_[length]) || text_[length] == '.' ||
                                                       text_[length] == '-' || text_[length] == ':')) {
            ++length;
        }
        token_ = {is_sign ? Token::Kind::kSign : Token::Kind::kWord, std::string(text_.substr(0, length))};
        text_.remove_prefix(length);
    }

    void takeQuoted(char quote) {
        token_.kind = quote == '"' ? Token::Kind::kQuotedName : Token::Kind::kString;
        text_.remove_prefix(1);
        while (!text_.empty()) {
            if (text_[0] == quote) {
                text_.remove_prefix(1);
                if (text_.empty() || text_[0] != quote) {
                    return;
                }
            }
            token_.text += text_[0];
            text_.remove_prefix(1);
        }
    }

    std::string_view text_;
    Token token_;
};

int columnNamed(const ResultStore::Columns& columns, const Token& name) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (name.kind == Token::Kind::kQuotedName ? columns[i].name == name.text
                                                  : equalsIgnoringCase(columns[i].name, name.text)) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

std::optional<Operator> operatorOf(const std::string& sign) {
    constexpr std::array<std::pair<std::string_view, Operator>, 7> kOperators{{{"=", Operator::kEqual},
                                                                               {"<>", Operator::kNotEqual},
                                                                               {"!=", Operator::kNotEqual},
                                                                               {"<", Operator::kLess},
                                                                               {"<=", Operator::kLessOrEqual},
                                                                               {">", Operator::kGreater},
                                                                               {">=", Operator::kGreaterOrEqual}}};
    for (const auto& [text, op] : kOperators) {
        if (text == sign) {
            return op;
        }
    }
    return std::nullopt;
}

/// Nothing when the text is no condition.
std::optional<FilterCondition> takeCondition(Tokens& tokens, const ResultStore::Columns& columns) {
    const Token name = tokens.take();
    if (name.kind != Token::Kind::kWord && name.kind != Token::Kind::kQuotedName) {
        return std::nullopt;
    }
    FilterCondition condition;
    condition.column = columnNamed(columns, name);
    if (condition.column < 0) {
        return std::nullopt;
    }
    if (tokens.takeWord("is")) {
        condition.op = tokens.takeWord("not") ? Operator::kIsNotNull : Operator::kIsNull;
        return tokens.takeWord("null") ? std::optional(condition) : std::nullopt;
    }
    if (tokens.current().kind == Token::Kind::kSign) {
        const auto op = operatorOf(tokens.take().text);
        if (!op) {
            return std::nullopt;
        }
        condition.op = *op;
    } else if (!tokens.takeWord("contains")) {
        return std::nullopt;
    }
    if (tokens.current().kind != Token::Kind::kWord && tokens.current().kind != Token::Kind::kString) {
        return std::nullopt;
    }
    condition.value = tokens.take().text;
    if (condition.op == Operator::kContains) {
        condition.value = foldCase(condition.value);
    }
    return condition;
}

std::optional<std::vector<FilterCondition>> takeConditions(std::string_view text, const ResultStore::Columns& columns) {
    Tokens tokens(text);
    std::vector<FilterCondition> conditions;
    do {
        auto condition = takeCondition(tokens, columns);
        if (!condition) {
            return std::nullopt;
        }
        conditions.push_back(std::move(*condition));
    } while (tokens.takeWord("and"));
    return tokens.current().kind == Token::Kind::kEnd ? std::optional(std::move(conditions)) : std::nullopt;
}

bool isNumberText(std::string_view text) {
    text.remove_prefix(text.starts_with('-') ? 1 : 0);
    return !text.empty() && std::count(text.begin(), text.end(), '.') <= 1 && text != "." &&
           text.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<> checkComparison(const FilterCondition& condition, const client::ResultColumn& column) {
    const bool compares = condition.op != Operator::kContains && condition.op != Operator::kIsNull &&
                          condition.op != Operator::kIsNotNull;
    const ValueKind kind = valueKindOf(column);
    if (compares && !isComparable(kind)) {
        return fail(ErrorCode::kInvalidArgument,
                    "values of type " + column.type_name + " are not compared here, only on the server",
                    "use \"contains\", or run the filter on the server");
    }
    const bool is_special = condition.value == "NaN" || condition.value.ends_with("Infinity");
    if (compares && isNumber(kind) && !isNumberText(condition.value) && !is_special) {
        return fail(ErrorCode::kInvalidArgument,
                    "'" + condition.value + "' is no number, as column " + column.name + " has");
    }
    return {};
}

bool holds(Operator op, int comparison) {
    switch (op) {
        case Operator::kEqual:
            return comparison == 0;
        case Operator::kNotEqual:
            return comparison != 0;
        case Operator::kLess:
            return comparison < 0;
        case Operator::kLessOrEqual:
            return comparison <= 0;
        case Operator::kGreater:
            return comparison > 0;
        default:
            return comparison >= 0;
    }
}

std::string_view signOf(Operator op) {
    switch (op) {
        case Operator::kEqual:
            return "=";
        case Operator::kNotEqual:
            return "<>";
        case Operator::kLess:
            return "<";
        case Operator::kLessOrEqual:
            return "<=";
        case Operator::kGreater:
            return ">";
        default:
            return ">=";
    }
}

}  // namespace

std::string foldCase(std::string_view text) {
    if (!isAscii(text)) {
        return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())).toLower().toStdString();
    }
    std::string folded(text);
    std::transform(folded.begin(), folded.end(), folded.begin(), lowerAscii);
    return folded;
}

bool containsFolded(std::string_view text, std::string_view folded) {
    if (folded.empty()) {
        return true;
    }
    if (!isAscii(folded)) {
        return foldCase(text).find(folded) != std::string::npos;
    }
    if (text.size() < folded.size()) {
        return false;
    }
    const char first = folded[0];
    const std::size_t last = text.size() - folded.size();
    for (std::size_t i = 0; i <= last; ++i) {
        if (lowerAscii(text[i]) == first &&
            std::equal(folded.begin() + 1, folded.end(), text.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       [](char a, char b) { return a == lowerAscii(b); })) {
            return true;
        }
    }
    return false;
}

Result<RowFilter> RowFilter::parse(std::string_view text, const ResultStore::Columns& columns) {
    RowFilter filter;
    filter.columns_ = columns;
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
        return filter;
    }
    text = text.substr(begin, text.find_last_not_of(' ') - begin + 1);
    if (auto conditions = takeConditions(text, columns)) {
        for (const FilterCondition& condition : *conditions) {
            TSR_TRY(checkComparison(condition, columns[static_cast<std::size_t>(condition.column)]));
        }
        filter.conditions_ = std::move(*conditions);
    } else {
        filter.conditions_.push_back({-1, Operator::kContains, foldCase(text)});
    }
    return filter;
}

Result<bool> RowFilter::matches(const ResultStore& store, const ResultStore::Position& position) const {
    for (const FilterCondition& condition : conditions_) {
        if (!TSR_TRY(matches(condition, store, position))) {
            return false;
        }
    }
    return true;
}

Result<bool> RowFilter::matches(const FilterCondition& condition, const ResultStore& store,
                                const ResultStore::Position& position) const {
    if (condition.column < 0) {
        for (int column = 0; column < static_cast<int>(columns_.size()); ++column) {
            if (TSR_TRY(matches({column, condition.op, condition.value}, store, position))) {
                return true;
            }
        }
        return false;
    }
    const auto at = static_cast<std::size_t>(condition.column);
    if (condition.op == Operator::kIsNull || condition.op == Operator::kIsNotNull) {
        return position.isNull(at) == (condition.op == Operator::kIsNull);
    }
    if (position.isNull(at)) {
        return false;
    }
    const client::ResultBatch& batch = position.batch();
    const ValueKind kind = valueKindOf(columns_[at]);
    if (condition.op != Operator::kContains && (kind == ValueKind::kFloat || kind == ValueKind::kBoolean)) {
        const std::uint64_t own = orderKey(kind, batch, position.row, at);
        const std::uint64_t asked = orderKeyOfText(kind, condition.value);
        return holds(condition.op, own == asked ? 0 : own < asked ? -1 : 1);
    }
    std::string owned;
    std::string_view text;
    if (position.chunk->longText(position.row, at) != nullptr) {
        text = owned = TSR_TRY(store.readText(position, at));
    } else if (batch.column(at).encoding == client::ColumnEncoding::kText) {
        text = batch.textView(position.row, at);
    } else if (kind == ValueKind::kBoolean) {
        text = batch.column(at).values[position.row] != 0 ? "true" : "false";
    } else {
        text = owned = batch.text(position.row, at);
    }
    return condition.op == Operator::kContains ? containsFolded(text, condition.value)
                                               : holds(condition.op, compareTexts(kind, text, condition.value));
}

std::string RowFilter::sql() const {
    std::string sql;
    for (const FilterCondition& condition : conditions_) {
        sql += sql.empty() ? "" : " AND ";
        if (condition.op == Operator::kContains) {
            std::string any;
            std::string pattern = "%";
            for (const char c : condition.value) {
                pattern += c == '%' || c == '_' || c == '\\' ? "\\" : "";
                pattern += c;
            }
            pattern += "%";
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (condition.column < 0 || condition.column == static_cast<int>(i)) {
                    any += any.empty() ? "" : " OR ";
                    any += quotedIdentifier(columns_[i].name) + "::text ILIKE " + quotedLiteral(pattern);
                }
            }
            sql += "(" + any + ")";
            continue;
        }
        const client::ResultColumn& column = columns_[static_cast<std::size_t>(condition.column)];
        sql += quotedIdentifier(column.name) + " ";
        if (condition.op == Operator::kIsNull || condition.op == Operator::kIsNotNull) {
            sql += condition.op == Operator::kIsNull ? "IS NULL" : "IS NOT NULL";
        } else {
            sql += signOf(condition.op);
            sql += " ";
            sql += isNumber(valueKindOf(column)) && isNumberText(condition.value) ? condition.value
                                                                                  : quotedLiteral(condition.value);
        }
    }
    return sql;
}

}  // namespace tessera::app
