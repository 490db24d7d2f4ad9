#pragma once

/// A file of YAML as a tree of texts, which forms read and change by path ("steps/2/export/query"), whether it is right
/// or not: what it means is for others to say. Value; any thread.

#include "common/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::app {

class YamlDocument {
  public:
    /// A text, a list, or a map.
    struct Node {
        enum class Kind { kText, kList, kMap };

        Kind kind = Kind::kText;
        std::string text;
        /// In a list without keys.
        std::vector<std::pair<std::string, Node>> children;

        bool operator==(const Node&) const = default;
    };

    YamlDocument() { root_.kind = Node::Kind::kMap; }

    /// An error, with its line, when it is no YAML or no map. Comments are not kept.
    static Result<YamlDocument> parse(const std::string& text);

    std::string text() const;

    /// Empty where there is no text.
    std::string value(std::string_view path) const;
    /// Texts of a list.
    std::vector<std::string> list(std::string_view path) const;
    /// Texts of a map.
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view path) const;

    bool has(std::string_view path) const { return find(path) != nullptr; }

    /// Of a list or a map; 0 where there is none.
    std::size_t size(std::string_view path) const;

    /// With the maps that lead there. An empty text removes the key, and maps that become empty by that.
    void set(std::string_view path, const std::string& text);
    /// Also an empty text: the key itself says something.
    void put(std::string_view path, const std::string& text);
    /// Also an empty one is written.
    void setList(std::string_view path, const std::vector<std::string>& texts);
    void setPairs(std::string_view path, const std::vector<std::pair<std::string, std::string>>& pairs);
    void remove(std::string_view path);
    /// A map at the end, or before another one. Its keys are set with set().
    void insertItem(std::string_view list_path, std::size_t position);

    /// The path of what stands at that place of a text, counted from 1; empty: of the whole, or it is no YAML. Column
    /// 0: what the line begins with.
    static std::string pathAt(const std::string& text, int line, int column);

    bool operator==(const YamlDocument&) const = default;

  private:
    const Node* find(std::string_view path) const;
    Node& reach(std::string_view path);

    Node root_;
};

}  // namespace tessera::app
