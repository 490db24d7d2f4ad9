#pragma once

/// What a program's configuration file may say: one table of properties, from which the parser, defaults, validation,
/// `config show`, `config check` and the reference page all come. Plain data, built once; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::config {

enum class PropertyType {
    kText,
    kInteger,
    kBoolean,
    /// A file or folder; relative ones start at the configuration file's folder.
    kPath,
    /// host:port
    kAddress,
    /// Kept in a Secret and never shown.
    kSecret,
    kTextList,
    /// Names of the reader's choice with text values.
    kTextMap,
    /// The same, with values that are never shown.
    kSecretMap,
    /// Properties of its own: `children`.
    kSection,
    kSectionList,
};

struct Property {
    std::string name = {};
    PropertyType type = PropertyType::kText;
    /// One or more sentences for the reference page.
    std::string doc = {};
    bool required = false;
    /// As it would be written in the file; none: absent unless written.
    std::optional<std::string> default_value = {};
    std::string unit = {};
    std::optional<std::int64_t> least = {};
    std::optional<std::int64_t> most = {};
    /// For kText: the only values allowed, when there are any.
    std::vector<std::string> choices = {};
    std::string example = {};
    std::vector<Property> children = {};
};

/// The same, but it has to be written.
Property required(Property property);
/// A yes or no.
Property flag(std::string name, std::string doc, std::string default_value = "false");
/// A list of sections with these properties.
Property sections(std::string name, std::string doc, std::vector<Property> children);

struct Schema {
    std::string title;
    /// Markdown that stands before the tables of the reference page.
    std::string introduction;
    std::vector<Property> properties;
};

/// The type as a person reads it: "text", "list of sections".
std::string_view typeName(PropertyType type);

/// The reference page in Markdown: one table for each section.
std::string referencePage(const Schema& schema);

}  // namespace tessera::config
