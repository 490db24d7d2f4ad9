#include "common/config/section.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace tessera::config {

namespace {

[[noreturn]] void dieOfWrongName(std::string_view name) {
    std::fprintf(stderr, "bug: the program asked its configuration for '%.*s', which its schema does not have\n",
                 static_cast<int>(name.size()), name.data());
    std::abort();
}

constexpr std::string_view kHidden = "(secret)";

void appendSection(std::string& out, const Section& section, const std::string& indent, bool first_is_item);

void appendEntries(std::string& out, const std::string& key, const Value& value, const std::string& indent) {
    std::string entries;
    for (const std::string& text : value.list) {
        entries += indent + "  - " + quoteScalar(text) + "\n";
    }
    for (const auto& [name, text] : value.map) {
        entries += indent + "  " + quoteScalar(name) + ": " + quoteScalar(text) + "\n";
    }
    for (const auto& [name, secret] : value.secrets) {
        entries += indent + "  " + quoteScalar(name) + ": " + quoteScalar(std::string(kHidden)) + "\n";
    }
    if (value.type == PropertyType::kSectionList) {
        for (const Section& item : value.sections) {
            appendSection(entries, item, indent + "    ", true);
        }
    }
    const std::string empty =
        value.type == PropertyType::kTextMap || value.type == PropertyType::kSecretMap ? " {}\n" : " []\n";
    out += key + ":" + (entries.empty() ? empty : "\n" + entries);
}

void appendValue(std::string& out, const std::string& name, const Value& value, const std::string& indent,
                 const std::string& lead) {
    const std::string key = lead + name;
    const std::string mark = value.line == 0 ? "  # default\n" : "\n";
    switch (value.type) {
        case PropertyType::kText:
        case PropertyType::kInteger:
        case PropertyType::kBoolean:
        case PropertyType::kPath:
        case PropertyType::kAddress:
            out += key + ": " + quoteScalar(value.shown) + mark;
            break;
        case PropertyType::kSecret:
            out += key + ": " + quoteScalar(std::string(kHidden)) + mark;
            break;
        case PropertyType::kSection:
            out += key + ":\n";
            appendSection(out, value.sections.front(), indent + "  ", false);
            break;
        case PropertyType::kTextList:
        case PropertyType::kTextMap:
        case PropertyType::kSecretMap:
        case PropertyType::kSectionList:
            appendEntries(out, key, value, indent);
            break;
    }
}

void appendSection(std::string& out, const Section& section, const std::string& indent, bool first_is_item) {
    bool item_mark = first_is_item;
    for (const auto& [name, value] : section.values()) {
        if (!value.present) {
            continue;
        }
        std::string lead = indent;
        if (item_mark) {
            lead.replace(lead.size() - 2, 2, "- ");
            item_mark = false;
        }
        appendValue(out, name, value, indent, lead);
    }
}

}  // namespace

std::string quoteScalar(const std::string& text) {
    const bool plain = !text.empty() && text != "true" && text != "false" && text != "null" && text != "Null" &&
                       text != "NULL" &&
                       text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-:$") ==
                           std::string::npos &&
                       text.front() != '-' && text.back() != ':';
    if (plain) {
        return text;
    }
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            quoted += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            quoted += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
        } else {
            quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
        }
    }
    return quoted + "\"";
}

Section::Section(std::string origin, int line, int column) : origin_(std::move(origin)), line_(line), column_(column) {}

Section::~Section() = default;
Section::Section(Section&& other) noexcept = default;
Section& Section::operator=(Section&& other) noexcept = default;

const Value& Section::find(std::string_view name) const {
    const auto found =
        std::find_if(values_.begin(), values_.end(), [&](const auto& entry) { return entry.first == name; });
    if (found == values_.end()) {
        dieOfWrongName(name);
    }
    return found->second;
}

const Value& Section::get(std::string_view name, PropertyType type) const {
    const Value& value = find(name);
    if (value.type != type) {
        dieOfWrongName(name);
    }
    return value;
}

std::string Section::where(std::string_view name) const {
    const Value& value = find(name);
    return value.line == 0 ? where() : origin_ + ":" + std::to_string(value.line) + ":" + std::to_string(value.column);
}

std::string Section::where() const {
    return line_ == 0 ? origin_ : origin_ + ":" + std::to_string(line_) + ":" + std::to_string(column_);
}

std::string show(const Section& section) {
    std::string out;
    appendSection(out, section, "", false);
    return out;
}

}  // namespace tessera::config
