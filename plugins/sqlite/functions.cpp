#include "plugins/sqlite/functions.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace tessera::sqlite {

namespace {

constexpr const char* kOutOfRange = "[22003] a number is out of range";
constexpr const char* kDivisionByZero = "[22012] division by zero";

/// The arguments of one call, and where its result goes. What is not of the wanted type is an error: SQLite would read
/// a text as 0.
class Call {
  public:
    Call(sqlite3_context* context, int count, sqlite3_value** values)
        : context_(context), values_(values, static_cast<std::size_t>(count)) {}

    bool hasNull() const {
        return std::any_of(values_.begin(), values_.end(),
                           [](sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; });
    }

    std::size_t size() const { return values_.size(); }

    std::int64_t integer(std::size_t i) {
        const double real = sqlite3_value_double(values_[i]);
        const int type = sqlite3_value_type(values_[i]);
        const bool whole =
            type == SQLITE_FLOAT && real == std::trunc(real) && std::abs(real) <= 9'007'199'254'740'992.0;
        if (type != SQLITE_INTEGER && !whole) {
            fail("[22P02] a value is no integer");
        }
        return sqlite3_value_int64(values_[i]);
    }

    double real(std::size_t i) {
        const int type = sqlite3_value_type(values_[i]);
        if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
            fail("[22P02] a value is no number");
        }
        return sqlite3_value_double(values_[i]);
    }

    std::string_view text(std::size_t i) {
        if (sqlite3_value_type(values_[i]) != SQLITE_TEXT) {
            fail("[22P02] a value is no text");
        }
        // The pointer first, then the size: the first call may convert from UTF-16.
        const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(values_[i]));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values_[i]));
        return data == nullptr ? std::string_view() : std::string_view(data, size);
    }

    void fail(const char* message) {
        if (!failed_) {
            sqlite3_result_error(context_, message, -1);
        }
        failed_ = true;
    }

    void give(std::int64_t value) {
        if (!failed_) {
            sqlite3_result_int64(context_, value);
        }
    }

    void give(double value) {
        if (std::isnan(value)) {
            fail("[0A000] SQLite has no NaN");
        } else if (!failed_) {
            sqlite3_result_double(context_, value);
        }
    }

    void give(std::string_view value) {
        if (!failed_) {
            // A null pointer would give NULL.
            sqlite3_result_text64(context_, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8);
        }
    }

  private:
    sqlite3_context* context_;
    std::span<sqlite3_value*> values_;
    bool failed_ = false;
};

/// SQLite's callback for a body that takes a Call.
template <void (*kBody)(Call&)>
void run(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
    Call call(context, count, values);
    if (call.hasNull()) {
        return;  // the result is NULL
    }
    try {
        kBody(call);
    } catch (...) {
        sqlite3_result_error_nomem(context);
    }
}

/// And for a check, which holds for NULL: it must not change what stands beside it.
template <void (*kBody)(Call&)>
void check(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) {
        return sqlite3_result_int(context, 1);
    }
    run<kBody>(context, count, values);
}

// ---- Integers -------------------------------------------------------------------------------------------------------

/// What comparisons ask of their columns first.
void isInteger(Call& call) {
    call.integer(0);
    call.give(std::int64_t{1});
}

void isNumber(Call& call) {
    call.real(0);
    call.give(std::int64_t{1});
}

void isText(Call& call) {
    call.text(0);
    call.give(std::int64_t{1});
}

void toBool(Call& call) {
    const std::int64_t value = call.integer(0);
    if (value != 0 && value != 1) {
        call.fail("[22P02] a value is no boolean: neither 0 nor 1");
    }
    call.give(value);
}

template <class T>
void giveInteger(Call& call, std::int64_t value, bool overflow = false) {
    if (overflow || value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
        call.fail(kOutOfRange);
    }
    call.give(value);
}

template <class T>
void add(Call& call) {
    std::int64_t sum = 0;
    const bool overflow = __builtin_add_overflow(call.integer(0), call.integer(1), &sum);
    giveInteger<T>(call, sum, overflow);
}

template <class T>
void subtract(Call& call) {
    std::int64_t difference = 0;
    const bool overflow = __builtin_sub_overflow(call.integer(0), call.integer(1), &difference);
    giveInteger<T>(call, difference, overflow);
}

template <class T>
void multiply(Call& call) {
    std::int64_t product = 0;
    const bool overflow = __builtin_mul_overflow(call.integer(0), call.integer(1), &product);
    giveInteger<T>(call, product, overflow);
}

template <class T>
void divide(Call& call) {
    const std::int64_t dividend = call.integer(0);
    const std::int64_t divisor = call.integer(1);
    if (divisor == 0) {
        return call.fail(kDivisionByZero);
    }
    if (divisor == -1) {
        std::int64_t negated = 0;
        const bool overflow = __builtin_sub_overflow(std::int64_t{0}, dividend, &negated);
        return giveInteger<T>(call, negated, overflow);
    }
    giveInteger<T>(call, dividend / divisor);
}

void modulo(Call& call) {
    const std::int64_t dividend = call.integer(0);
    const std::int64_t divisor = call.integer(1);
    if (divisor == 0) {
        return call.fail(kDivisionByZero);
    }
    call.give(divisor == -1 ? std::int64_t{0} : dividend % divisor);
}

void bitAnd(Call& call) {
    call.give(call.integer(0) & call.integer(1));
}

void bitOr(Call& call) {
    call.give(call.integer(0) | call.integer(1));
}

void bitXor(Call& call) {
    call.give(call.integer(0) ^ call.integer(1));
}

template <class T>
void negate(Call& call) {
    std::int64_t negated = 0;
    const bool overflow = __builtin_sub_overflow(std::int64_t{0}, call.integer(0), &negated);
    giveInteger<T>(call, negated, overflow);
}

template <class T>
void absolute(Call& call) {
    const std::int64_t value = call.integer(0);
    if (value < 0) {
        return negate<T>(call);
    }
    giveInteger<T>(call, value);
}

template <class T>
void toInteger(Call& call) {
    giveInteger<T>(call, call.integer(0));
}

// ---- Floating point -------------------------------------------------------------------------------------------------

/// What PostgreSQL makes of a result: finite operands must not give an infinity.
void giveReal(Call& call, double value, std::initializer_list<double> operands) {
    const bool finite = std::none_of(operands.begin(), operands.end(), [](double x) { return std::isinf(x); });
    if (std::isinf(value) && finite) {
        call.fail(kOutOfRange);
    }
    call.give(value);
}

void addReal(Call& call) {
    giveReal(call, call.real(0) + call.real(1), {call.real(0), call.real(1)});
}

void subtractReal(Call& call) {
    giveReal(call, call.real(0) - call.real(1), {call.real(0), call.real(1)});
}

void multiplyReal(Call& call) {
    const double product = call.real(0) * call.real(1);
    if (product == 0 && call.real(0) != 0 && call.real(1) != 0) {
        call.fail(kOutOfRange);
    }
    giveReal(call, product, {call.real(0), call.real(1)});
}

void divideReal(Call& call) {
    if (call.real(1) == 0) {
        return call.fail(kDivisionByZero);
    }
    const double quotient = call.real(0) / call.real(1);
    if (quotient == 0 && call.real(0) != 0 && !std::isinf(call.real(1))) {
        call.fail(kOutOfRange);
    }
    giveReal(call, quotient, {call.real(0)});
}

template <double (*kFunction)(double)>
void mapReal(Call& call) {
    call.give(kFunction(call.real(0)));
}

double negated(double value) {
    return -value;
}

double signOf(double value) {
    return value > 0 ? 1.0 : value < 0 ? -1.0 : 0.0;
}

double same(double value) {
    return value;
}

void squareRoot(Call& call) {
    if (call.real(0) < 0) {
        return call.fail("[2201F] cannot take square root of a negative number");
    }
    call.give(std::sqrt(call.real(0)));
}

// ---- Text -----------------------------------------------------------------------------------------------------------

bool continues(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::int64_t characters(std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); });
}

/// The characters of a text, one by one.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= text.size(); ++i) {
        if (i == text.size() || !continues(text[i])) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i;
        }
    }
    return parts;
}

/// `count` characters from the `first`, counted from 0; both are cut to what there is.
std::string_view cut(std::string_view text, std::int64_t first, std::int64_t count) {
    const auto skip = [&](std::size_t from, std::int64_t number) {
        while (from < text.size() && number > 0) {
            ++from;
            number -= from == text.size() || !continues(text[from]) ? 1 : 0;
        }
        return from;
    };
    const std::size_t begin = skip(0, first);
    return text.substr(begin, skip(begin, count) - begin);
}

void charLength(Call& call) {
    call.give(characters(call.text(0)));
}

void octetLength(Call& call) {
    call.give(static_cast<std::int64_t>(call.text(0).size()));
}

void strpos(Call& call) {
    const std::string_view text = call.text(0);
    const std::size_t at = text.find(call.text(1));
    call.give(at == std::string_view::npos ? std::int64_t{0} : characters(text.substr(0, at)) + 1);
}

void startsWith(Call& call) {
    call.give(std::int64_t{call.text(0).starts_with(call.text(1)) ? 1 : 0});
}

void reverse(Call& call) {
    const std::vector<std::string_view> parts = split(call.text(0));
    std::string reversed;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        reversed += *part;
    }
    call.give(std::string_view(reversed));
}

/// The first n characters; all but the last -n.
void left(Call& call) {
    const std::int64_t n = call.integer(1);
    const std::string_view text = call.text(0);
    call.give(cut(text, 0, n >= 0 ? n : std::max<std::int64_t>(characters(text) + n, 0)));
}

/// The last n characters; all but the first -n.
void right(Call& call) {
    const std::int64_t n = call.integer(1);
    const std::string_view text = call.text(0);
    const std::int64_t length = characters(text);
    call.give(cut(text, n >= 0 ? std::max<std::int64_t>(length - n, 0) : -n, length));
}

void substring(Call& call) {
    const std::string_view text = call.text(0);
    const std::int64_t start = call.integer(1);
    const std::int64_t first = std::max<std::int64_t>(start, 1);
    if (call.size() == 2) {
        return call.give(cut(text, first - 1, std::numeric_limits<std::int64_t>::max()));
    }
    if (call.integer(2) < 0) {
        return call.fail("[22011] negative substring length not allowed");
    }
    call.give(cut(text, first - 1, std::max<std::int64_t>(start + call.integer(2) - first, 0)));
}

void repeat(Call& call) {
    std::string repeated;
    for (std::int64_t i = call.integer(1); i > 0; --i) {
        repeated += call.text(0);
    }
    call.give(std::string_view(repeated));
}

/// The characters that fill a text up to a length; empty when it is long enough, or there is nothing to fill with.
std::string filling(Call& call) {
    const std::vector<std::string_view> parts = split(call.text(2));
    std::string fill;
    const std::int64_t missing = call.integer(1) - characters(call.text(0));
    for (std::int64_t i = 0; i < missing && !parts.empty(); ++i) {
        fill += parts[static_cast<std::size_t>(i) % parts.size()];
    }
    return fill;
}

void lpad(Call& call) {
    call.give(std::string_view(filling(call).append(cut(call.text(0), 0, call.integer(1)))));
}

void rpad(Call& call) {
    call.give(std::string_view(std::string(cut(call.text(0), 0, call.integer(1))) + filling(call)));
}

/// Field n, counted from 1; from the end when negative.
void splitPart(Call& call) {
    const std::string_view text = call.text(0);
    const std::string_view delimiter = call.text(1);
    std::int64_t n = call.integer(2);
    if (n == 0) {
        return call.fail("[22023] field position must not be zero");
    }
    std::vector<std::string_view> fields;
    std::size_t begin = 0;
    while (!delimiter.empty() && text.find(delimiter, begin) != std::string_view::npos) {
        const std::size_t end = text.find(delimiter, begin);
        fields.push_back(text.substr(begin, end - begin));
        begin = end + delimiter.size();
    }
    fields.push_back(text.substr(begin));
    n = n > 0 ? n - 1 : n + static_cast<std::int64_t>(fields.size());
    const bool there = n >= 0 && n < static_cast<std::int64_t>(fields.size());
    call.give(there ? fields[static_cast<std::size_t>(n)] : std::string_view());
}

void translate(Call& call) {
    const std::vector<std::string_view> from = split(call.text(1));
    const std::vector<std::string_view> to = split(call.text(2));
    std::string translated;
    for (const std::string_view letter : split(call.text(0))) {
        const auto found = static_cast<std::size_t>(std::find(from.begin(), from.end(), letter) - from.begin());
        if (found == from.size()) {
            translated += letter;
        } else if (found < to.size()) {
            translated += to[found];
        }
    }
    call.give(std::string_view(translated));
}

/// The code point of the first character.
void ascii(Call& call) {
    const std::string_view first = cut(call.text(0), 0, 1);
    std::int64_t code = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        const auto byte = static_cast<unsigned char>(first[i]);
        const unsigned lead_bits = first.size() == 1 ? 0x7FU : 0x7FU >> first.size();
        code = (code << 6) | (byte & (i == 0 ? lead_bits : 0x3FU));
    }
    call.give(code);
}

// ---- The table ------------------------------------------------------------------------------------------------------

struct Function {
    std::string name;
    int arguments;
    void (*body)(sqlite3_context*, int, sqlite3_value**) noexcept;
};

template <class T>
void addIntegerFunctions(std::vector<Function>& all, const std::string& type) {
    all.insert(all.end(), {{type + "pl", 2, run<add<T>>},
                           {type + "mi", 2, run<subtract<T>>},
                           {type + "mul", 2, run<multiply<T>>},
                           {type + "div", 2, run<divide<T>>},
                           {type + "mod", 2, run<modulo>},
                           {type + "and", 2, run<bitAnd>},
                           {type + "or", 2, run<bitOr>},
                           {type + "xor", 2, run<bitXor>},
                           {type + "um", 1, run<negate<T>>},
                           {type + "abs", 1, run<absolute<T>>},
                           {"to_" + type, 1, run<toInteger<T>>}});
}

std::vector<Function> allFunctions() {
    std::vector<Function> all = {
        {"is_integer", 1, check<isInteger>},
        {"is_number", 1, check<isNumber>},
        {"is_text", 1, check<isText>},
        {"to_bool", 1, run<toBool>},
        {"float8pl", 2, run<addReal>},
        {"float8mi", 2, run<subtractReal>},
        {"float8mul", 2, run<multiplyReal>},
        {"float8div", 2, run<divideReal>},
        {"float8um", 1, run<mapReal<negated>>},
        {"float8abs", 1, run<mapReal<std::fabs>>},
        {"float8floor", 1, run<mapReal<std::floor>>},
        {"float8ceil", 1, run<mapReal<std::ceil>>},
        {"float8trunc", 1, run<mapReal<std::trunc>>},
        {"float8round", 1, run<mapReal<std::rint>>},
        {"float8sign", 1, run<mapReal<signOf>>},
        {"float8sqrt", 1, run<squareRoot>},
        {"to_float8", 1, run<mapReal<same>>},
        {"char_length", 1, run<charLength>},
        {"octet_length_of", 1, run<octetLength>},
        {"strpos", 2, run<strpos>},
        {"starts_with", 2, run<startsWith>},
        {"reverse", 1, run<reverse>},
        {"text_left", 2, run<left>},
        {"text_right", 2, run<right>},
        {"substring_of", 2, run<substring>},
        {"substring_of", 3, run<substring>},
        {"repeat", 2, run<repeat>},
        {"lpad", 3, run<lpad>},
        {"rpad", 3, run<rpad>},
        {"split_part", 3, run<splitPart>},
        {"translate", 3, run<translate>},
        {"ascii", 1, run<ascii>},
    };
    addIntegerFunctions<std::int16_t>(all, "int2");
    addIntegerFunctions<std::int32_t>(all, "int4");
    addIntegerFunctions<std::int64_t>(all, "int8");
    return all;
}

}  // namespace

bool registerFunctions(sqlite3* database) {
    for (const Function& function : allFunctions()) {
        // The schema's own views and triggers may not call them.
        const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
        if (sqlite3_create_function_v2(database, function.name.c_str(), function.arguments, flags, nullptr,
                                       function.body, nullptr, nullptr, nullptr) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

std::string takeSqlState(std::string& message) {
    if (message.size() < 8 || message[0] != '[' || message[6] != ']') {
        return {};
    }
    std::string state = message.substr(1, 5);
    message.erase(0, 8);
    return state;
}

}  // namespace tessera::sqlite
