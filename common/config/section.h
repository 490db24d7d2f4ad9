#pragma once

/// A configuration file as read: every property of its schema, with its value or default, by name.
///
/// The loader has checked names, types and ranges, so the getters do not fail: asking for a property that the schema
/// does not have, or with another type, is a programmer's error and aborts. Move-only, as it holds secrets; any thread
/// may read one.

#include "common/config/schema.h"
#include "common/secret.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::config {

class Section;

using TextMap = std::vector<std::pair<std::string, std::string>>;
using SecretMap = std::vector<std::pair<std::string, Secret>>;

/// One property's value. Only the member that belongs to its type is set.
struct Value {
    PropertyType type = PropertyType::kText;
    /// In the file, from 1; 0 for defaults and absent properties.
    int line = 0;
    int column = 0;
    bool present = false;
    /// The scalar as `config show` prints it: as it was written when it held a ${…} reference.
    std::string shown;
    std::string text;
    std::int64_t integer = 0;
    bool boolean = false;
    Secret secret;
    std::vector<std::string> list;
    TextMap map;
    SecretMap secrets;
    std::vector<Section> sections;
};

class Section {
  public:
    // Where they stand, a value is complete: it holds sections itself.
    Section(std::string origin, int line, int column);
    ~Section();
    Section(Section&& other) noexcept;
    Section& operator=(Section&& other) noexcept;

    /// Is it in the file, or has it a default?
    bool has(std::string_view name) const { return find(name).present; }

    const std::string& text(std::string_view name) const { return get(name, PropertyType::kText).text; }

    std::int64_t integer(std::string_view name) const { return get(name, PropertyType::kInteger).integer; }

    bool boolean(std::string_view name) const { return get(name, PropertyType::kBoolean).boolean; }

    std::filesystem::path path(std::string_view name) const { return get(name, PropertyType::kPath).text; }

    const std::string& address(std::string_view name) const { return get(name, PropertyType::kAddress).text; }

    const Secret& secret(std::string_view name) const { return get(name, PropertyType::kSecret).secret; }

    const std::vector<std::string>& list(std::string_view name) const {
        return get(name, PropertyType::kTextList).list;
    }

    const TextMap& map(std::string_view name) const { return get(name, PropertyType::kTextMap).map; }

    const SecretMap& secrets(std::string_view name) const { return get(name, PropertyType::kSecretMap).secrets; }

    /// An absent section reads as one of defaults.
    const Section& section(std::string_view name) const { return get(name, PropertyType::kSection).sections.front(); }

    const std::vector<Section>& sections(std::string_view name) const {
        return get(name, PropertyType::kSectionList).sections;
    }

    /// "node.yaml:12:5" for the message about a property's value; the section's own place when it is not in the file.
    std::string where(std::string_view name) const;
    std::string where() const;

    /// For the loader: in the schema's order.
    void add(std::string name, Value value) { values_.emplace_back(std::move(name), std::move(value)); }

    const std::vector<std::pair<std::string, Value>>& values() const { return values_; }

  private:
    const Value& find(std::string_view name) const;
    const Value& get(std::string_view name, PropertyType type) const;

    std::string origin_;
    int line_;
    int column_;
    std::vector<std::pair<std::string, Value>> values_;
};

/// The effective configuration as YAML, defaults included and marked; secrets as "(secret)", references as they are
/// written.
std::string show(const Section& section);

/// A scalar on one line that YAML reads back as the same text.
std::string quoteScalar(const std::string& text);

}  // namespace tessera::config
