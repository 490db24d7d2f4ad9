#include "nodeservice/endpoints/serve/call.h"

#include "common/base64.h"
#include "common/strings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace tessera::endpoints {

namespace {

using nlohmann::json;

constexpr std::size_t kShownBytes = 100;
constexpr std::size_t kMostCursorBytes = 16'384;

std::string shown(const std::string& text) {
    return text.size() <= kShownBytes ? text : validUtf8(text.substr(0, kShownBytes)) + "…";
}

std::size_t charactersOf(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// PostgreSQL's text form of an array.
std::string arrayOf(const std::vector<std::optional<std::string>>& values) {
    std::string out = "{";
    for (const auto& value : values) {
        out += out.size() == 1 ? "\"" : ",\"";
        for (const char c : *value) {
            out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        }
        out += '"';
    }
    return out + "}";
}

json listOf(const std::vector<std::optional<std::string>>& values) {
    json list = json::array();
    for (const auto& value : values) {
        list.push_back(value ? json(*value) : json(nullptr));
    }
    return list;
}

/// What the call asks for, but for its page.
std::string askedOf(const Published& endpoint, const Call& call) {
    json asked = {endpoint.definition.name, endpoint.version, listOf(call.values)};
    for (const SortKey& key : call.order) {
        asked.push_back((key.is_descending ? "-" : "") + key.column);
    }
    return asked.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Nobody must be kept from making a cursor of their own, which gives them what other parameters would: it need not be
/// more than a mark.
std::string cursorMark(const Published& endpoint, const Call& call) {
    return std::to_string(markOf(askedOf(endpoint, call)));
}

/// Base64 without what query strings have to encode.
std::string encodeCursor(const std::string& bytes) {
    std::string text = encodeBase64(bytes);
    text.erase(std::min(text.find('='), text.size()));
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::optional<std::string> decodeCursor(std::string text) {
    if (text.find_first_of("+/=") != std::string::npos) {
        return std::nullopt;
    }
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return decodeBase64(text);
}

class CallReader {
  public:
    CallReader(const Published& endpoint, ReadCall& read)
        : endpoint_(endpoint), definition_(endpoint.definition), read_(read) {}

    void readAll(const std::vector<Given>& given) {
        for (const Given& one : given) {
            if (definition_.parameter(one.name) == nullptr && !isReserved(one.name)) {
                problem(one, "there is no parameter '" + shown(one.name) + "'", suggestion(one.name, knownNames()));
            }
        }
        for (const Parameter& parameter : definition_.parameters) {
            readParameter(parameter, find(given, parameter.name));
        }
        readFields(find(given, "fields"));
        readFormat(find(given, "format"));
        readLimit(find(given, "limit"));
        readSort(find(given, "sort"));
        if (read_.problems.empty()) {
            readCursor(find(given, "cursor"));
        }
    }

  private:
    static const Given* find(const std::vector<Given>& given, std::string_view name) {
        const auto found = std::find_if(given.begin(), given.end(), [&](const Given& one) { return one.name == name; });
        return found == given.end() ? nullptr : &*found;
    }

    void problem(const Given& given, std::string message, std::string allowed = {}) {
        std::optional<std::string> value;
        if (!given.values.empty() && given.values.front()) {
            value = shown(*given.values.front());
        }
        read_.problems.push_back({shown(given.name), std::move(value), std::move(message), std::move(allowed)});
    }

    bool isReserved(const std::string& name) const {
        const bool needs_pages = name == "limit" || name == "cursor" || name == "sort";
        return (!needs_pages || definition_.paging) && (name != "sort" || !definition_.sortable.empty()) &&
               (name != "fields" || !definition_.writes) &&
               std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end();
    }

    std::vector<std::string> knownNames() const {
        std::vector<std::string> names;
        for (const Parameter& parameter : definition_.parameters) {
            names.push_back(parameter.name);
        }
        for (const char* name : kReservedNames) {
            if (isReserved(name)) {
                names.emplace_back(name);
            }
        }
        return names;
    }

    void readParameter(const Parameter& parameter, const Given* given) {
        std::optional<std::string>& value = read_.call.values.emplace_back();
        const bool is_given =
            given != nullptr &&
            (parameter.is_list ? !given->values.empty() : given->values.empty() || given->values.front().has_value());
        if (!is_given) {
            if (parameter.is_required) {
                read_.problems.push_back(
                    {parameter.name, std::nullopt, "'" + parameter.name + "' is missing",
                     parameter.choices.empty() ? formOf(parameter.type) : join(parameter.choices, ", ")});
            }
            value = parameter.default_value;
            return;
        }
        if (given->is_rounded && parameter.type == ParameterType::kNumeric) {
            problem(*given, "'" + parameter.name + "' has more digits than JSON's numbers keep",
                    "write the number as a text");
            return;
        }
        if (parameter.type == ParameterType::kJson && !parameter.is_list && !given->json.empty()) {
            value = given->json;
            return;
        }
        if (!parameter.is_list && given->values.size() != 1) {
            problem(*given, "'" + parameter.name + "' is given " + std::to_string(given->values.size()) + " times",
                    "one value");
            return;
        }
        // Names of choices may be written as one text, too: a,b.
        const auto values =
            parameter.is_list && !parameter.choices.empty() ? splitAt(given->values, parameter.choices) : given->values;
        for (const auto& one : values) {
            if (!one) {
                problem(*given, "'" + parameter.name + "' holds null", formOf(parameter.type));
                return;
            }
            if (!isAllowed(parameter, *one)) {
                return;
            }
        }
        value = parameter.is_list ? arrayOf(values) : values.front();
    }

    bool isAllowed(const Parameter& parameter, const std::string& value) {
        const std::string begin = "'" + parameter.name + "' is ";
        const auto refuse = [&](const std::string& message, const std::string& allowed) {
            read_.problems.push_back({parameter.name, shown(value), begin + message, allowed});
            return false;
        };
        if (!isValueOf(parameter.type, value)) {
            return refuse(std::string("not ") + formOf(parameter.type), formOf(parameter.type));
        }
        if (!parameter.choices.empty() &&
            std::find(parameter.choices.begin(), parameter.choices.end(), value) == parameter.choices.end()) {
            return refuse("none of the values that are allowed", join(parameter.choices, ", "));
        }
        if (parameter.least && compareValues(parameter.type, value, *parameter.least) < 0) {
            return refuse("less than " + *parameter.least, "from " + *parameter.least);
        }
        if (parameter.most && compareValues(parameter.type, value, *parameter.most) > 0) {
            return refuse("greater than " + *parameter.most, "up to " + *parameter.most);
        }
        if (parameter.most_length && charactersOf(value) > static_cast<std::size_t>(*parameter.most_length)) {
            const std::string most = std::to_string(*parameter.most_length);
            return refuse("longer than " + most + " characters", "at most " + most + " characters");
        }
        return true;
    }

    static std::vector<std::optional<std::string>> splitAt(const std::vector<std::optional<std::string>>& values,
                                                           const std::vector<std::string>& choices) {
        std::vector<std::optional<std::string>> parts;
        for (const auto& value : values) {
            std::string_view rest = value ? std::string_view(*value) : std::string_view();
            if (rest.empty() || std::find(choices.begin(), choices.end(), rest) != choices.end()) {
                parts.push_back(value);
                continue;
            }
            while (!rest.empty()) {
                const std::string_view part = rest.substr(0, rest.find(','));
                rest.remove_prefix(std::min(rest.size(), part.size() + 1));
                parts.emplace_back(std::string(part));
            }
        }
        return parts;
    }

    /// Lists of names may be given as one text, too: a,b,c.
    static std::vector<std::string> namesIn(const Given& given) {
        std::vector<std::string> names;
        for (const auto& value : given.values) {
            std::string_view rest = value ? std::string_view(*value) : std::string_view();
            while (!rest.empty()) {
                const std::string_view name = rest.substr(0, rest.find(','));
                rest.remove_prefix(std::min(rest.size(), name.size() + 1));
                names.emplace_back(name);
            }
        }
        return names;
    }

    std::vector<std::string> columnNames() const {
        std::vector<std::string> names;
        for (const ResultColumn& column : endpoint_.columns) {
            names.push_back(column.name);
        }
        return names;
    }

    void readFields(const Given* given) {
        const std::vector<std::string> known = columnNames();
        std::vector<bool> is_wanted(known.size(), given == nullptr);
        for (const std::string& name : given == nullptr ? std::vector<std::string>() : namesIn(*given)) {
            const auto found = std::find(known.begin(), known.end(), name);
            if (found == known.end()) {
                problem(*given, "there is no field '" + shown(name) + "'", join(known, ", "));
                return;
            }
            is_wanted[static_cast<std::size_t>(found - known.begin())] = true;
        }
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (is_wanted[i]) {
                read_.call.fields.push_back(i);
            }
        }
        if (given != nullptr && read_.call.fields.empty()) {
            problem(*given, "'fields' names no field", join(known, ", "));
        }
    }

    void readFormat(const Given* given) {
        static const std::vector<std::string> kFormats = {"json", "ndjson", "csv", "arrow", "parquet"};
        if (given == nullptr) {
            return;
        }
        read_.call.format = given->values.size() == 1 ? given->values.front().value_or("") : "";
        if (std::find(kFormats.begin(), kFormats.end(), read_.call.format) == kFormats.end()) {
            problem(*given, "'format' is not known", join(kFormats, ", "));
        }
    }

    void readLimit(const Given* given) {
        if (!definition_.paging) {
            return;
        }
        read_.call.limit = definition_.paging->size;
        if (given == nullptr) {
            return;
        }
        const std::string text = given->values.size() == 1 ? given->values.front().value_or("") : "";
        std::int64_t limit = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
        const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
        if (!is_number || limit < 1 || limit > definition_.paging->most) {
            problem(*given, is_number && limit > 0 ? "the page is too large" : "'limit' is not a number of rows",
                    "from 1 to " + std::to_string(definition_.paging->most));
            return;
        }
        read_.call.limit = limit;
    }

    void readSort(const Given* given) {
        if (!definition_.paging) {
            return;
        }
        std::vector<SortKey>& order = read_.call.order;
        const auto is_ordered_by = [&](const std::string& column) {
            return std::any_of(order.begin(), order.end(), [&](const SortKey& key) { return key.column == column; });
        };
        for (const std::string& name : given == nullptr ? std::vector<std::string>() : namesIn(*given)) {
            const bool is_descending = name.starts_with('-');
            const std::string column = is_descending ? name.substr(1) : name;
            const auto& allowed = definition_.sortable;
            if (std::find(allowed.begin(), allowed.end(), column) == allowed.end()) {
                problem(*given, "it cannot be sorted by '" + shown(column) + "'",
                        join(allowed, ", ") + "; with '-' before it for the greatest first");
                return;
            }
            if (!is_ordered_by(column)) {
                order.push_back({column, is_descending});
            }
        }
        for (const SortKey& key : definition_.paging->key) {
            if (!is_ordered_by(key.column)) {
                order.push_back(key);
            }
        }
    }

    void readCursor(const Given* given) {
        if (given == nullptr || !definition_.paging) {
            return;
        }
        const std::string text = given->values.size() == 1 ? given->values.front().value_or("") : "";
        const auto bytes = text.size() <= kMostCursorBytes ? decodeCursor(text) : std::nullopt;
        // A reader of JSON may take a zero byte for the end.
        const json cursor =
            bytes && bytes->find('\0') == std::string::npos ? json::parse(*bytes, nullptr, false) : json();
        const bool is_ours = cursor.is_array() && cursor.size() == read_.call.order.size() + 1 &&
                             cursor[0].is_string() && cursor[0] == cursorMark(endpoint_, read_.call);
        const bool has_values =
            is_ours && std::all_of(cursor.begin(), cursor.end(), [](const json& one) {
                return one.is_null() ||
                       (one.is_string() && one.get_ref<const std::string&>().find('\0') == std::string::npos);
            });
        if (!has_values) {
            problem(*given, "'cursor' is none of this call",
                    "the 'next' of an answer to the same call: same endpoint and version, parameters and sorting");
            return;
        }
        std::vector<std::optional<std::string>> after;
        for (std::size_t i = 1; i < cursor.size(); ++i) {
            after.push_back(cursor[i].is_null() ? std::nullopt : std::optional(cursor[i].get<std::string>()));
        }
        read_.call.after = std::move(after);
    }

    const Published& endpoint_;
    const Definition& definition_;
    ReadCall& read_;
};

}  // namespace

ReadCall readCall(const Published& endpoint, const std::vector<Given>& given) {
    ReadCall read;
    CallReader(endpoint, read).readAll(given);
    return read;
}

std::string makeCursor(const Published& endpoint, const Call& call,
                       const std::vector<std::optional<std::string>>& values) {
    json cursor = listOf(values);
    cursor.insert(cursor.begin(), cursorMark(endpoint, call));
    return encodeCursor(cursor.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string keyOf(const Published& endpoint, const Call& call) {
    std::string key = endpoint.definition.name;
    // No two lists of values give the same text, as each says how long it is.
    const auto add = [&key](const std::optional<std::string>& value) {
        key += value ? std::to_string(value->size()) + ":" + *value : std::string("-");
    };
    key += "\n" + std::to_string(endpoint.version) + "\n" + std::to_string(call.limit) + "\n" + call.format + "\n";
    for (const auto& value : call.values) {
        add(value);
    }
    for (const std::size_t field : call.fields) {
        key += "\n" + std::to_string(field);
    }
    for (const SortKey& order : call.order) {
        key += (order.is_descending ? "\n-" : "\n+") + order.column;
    }
    if (call.after) {
        key += "\n=";
        for (const auto& value : *call.after) {
            add(value);
        }
    }
    return key;
}

}  // namespace tessera::endpoints
