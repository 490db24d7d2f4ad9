#include "app/core/documents/yaml_document.h"

#include "common/config/section.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace tessera::app {

namespace {

using Node = YamlDocument::Node;

Node toNode(const YAML::Node& in, const std::string& key) {
    Node node;
    if (in.IsMap()) {
        node.kind = Node::Kind::kMap;
        for (const auto& entry : in) {
            const auto name = entry.first.as<std::string>();
            node.children.emplace_back(name, toNode(entry.second, name));
        }
    } else if (in.IsSequence()) {
        node.kind = Node::Kind::kList;
        for (const YAML::Node& item : in) {
            node.children.emplace_back(std::string(), toNode(item, key));
        }
    } else if (in.IsScalar()) {
        node.text = in.Scalar();
    }
    return node;
}

std::vector<std::string_view> partsOf(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, slash));
        path.remove_prefix(std::min(path.size(), slash + 1));
    }
    return parts;
}

std::optional<std::size_t> positionOf(const Node& node, std::string_view part) {
    std::size_t position = 0;
    if (node.kind == Node::Kind::kList) {
        const auto end = std::from_chars(part.data(), part.data() + part.size(), position);
        return end.ec == std::errc() && position < node.children.size() ? std::optional(position) : std::nullopt;
    }
    const auto found = std::find_if(node.children.begin(), node.children.end(),
                                    [&](const auto& child) { return child.first == part; });
    return found == node.children.end() ? std::nullopt
                                        : std::optional(static_cast<std::size_t>(found - node.children.begin()));
}

/// Can it stand as a block of lines?
bool isBlock(const std::string& text) {
    if (text.find('\n') == std::string::npos || text.find_first_of("\n \t") == 0 || text.ends_with("\n\n")) {
        return false;
    }
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        const bool is_blank = !line.empty() && line.find_first_not_of(' ') == std::string::npos;
        if (is_blank || std::any_of(line.begin(), line.end(),
                                    [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; })) {
            return false;
        }
    }
    return true;
}

class TreeWriter {
  public:
    void write(const Node& node, const std::string& indent) {
        for (const auto& [key, child] : node.children) {
            writeChild(child, indent, node.kind == Node::Kind::kList ? "-" : config::quoteScalar(key) + ":");
        }
    }

    std::string take() { return std::move(out_); }

  private:
    void line(const std::string& text) { out_ += text + "\n"; }

    static bool isFlow(const Node& node) {
        return std::all_of(node.children.begin(), node.children.end(),
                           [](const auto& child) { return child.second.kind == Node::Kind::kText; });
    }

    void writeChild(const Node& node, const std::string& indent, const std::string& lead) {
        if (node.kind == Node::Kind::kText) {
            writeText(node.text, indent, lead);
        } else if (node.children.empty()) {
            line(indent + lead + (node.kind == Node::Kind::kMap ? " {}" : " []"));
        } else if (node.kind == Node::Kind::kList && isFlow(node)) {
            std::string items;
            for (const auto& [_, item] : node.children) {
                items += (items.empty() ? "" : ", ") + config::quoteScalar(item.text);
            }
            line(indent + lead + " [" + items + "]");
        } else if (lead == "-") {
            // The item's first key stands behind the dash.
            const std::size_t begin = out_.size();
            write(node, indent + "  ");
            out_[begin + indent.size()] = '-';
        } else {
            line(indent + lead);
            write(node, indent + "  ");
        }
    }

    void writeText(const std::string& text, const std::string& indent, const std::string& lead) {
        if (!isBlock(text)) {
            line(indent + lead + " " + config::quoteScalar(text));
            return;
        }
        line(indent + lead + (text.ends_with('\n') ? " |" : " |-"));
        std::istringstream in(text);
        for (std::string part; std::getline(in, part);) {
            line(part.empty() ? part : indent + "  " + part);
        }
    }

    std::string out_;
};

/// The last of all keys and items that begin at a place or before it.
class PlaceFinder {
  public:
    PlaceFinder(int line, int column) : line_(line), column_(column == 0 ? kWholeLine : column) {}

    void look(const YAML::Node& node, const std::string& path) {
        std::size_t number = 0;
        for (const auto& entry : node) {
            const bool is_item = node.IsSequence();
            const YAML::Node child = is_item ? YAML::Node(entry) : entry.second;
            const std::string name = is_item ? std::to_string(number++) : entry.first.as<std::string>();
            const std::string here = path.empty() ? name : path + "/" + name;
            take(is_item ? child.Mark() : entry.first.Mark(), here);
            look(child, here);
        }
    }

    const std::string& found() const { return found_; }

  private:
    static constexpr int kWholeLine = 1 << 20;

    void take(const YAML::Mark& mark, const std::string& path) {
        const std::pair place(mark.line + 1, mark.column + 1);
        const bool is_before = place <= std::pair(line_, column_);
        // Of a whole line what it begins with, and not what else stands in it.
        const bool is_rest = column_ == kWholeLine && place.first == line_ && found_place_.first == line_ &&
                             place.second > found_place_.second;
        if (is_before && place >= found_place_ && !is_rest) {
            found_ = path;
            found_place_ = place;
        }
    }

    const int line_;
    const int column_;
    std::string found_;
    std::pair<int, int> found_place_{0, 0};
};

}  // namespace

Result<YamlDocument> YamlDocument::parse(const std::string& text) {
    try {
        const YAML::Node loaded = YAML::Load(text);
        YamlDocument document;
        if (loaded.IsNull()) {
            return document;
        }
        if (!loaded.IsMap()) {
            return fail(ErrorCode::kInvalidArgument, "it must begin with a key, as in 'name: value'");
        }
        document.root_ = toNode(loaded, {});
        return document;
    } catch (const YAML::Exception& error) {
        return fail(ErrorCode::kInvalidArgument, "line " + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
}

std::string YamlDocument::text() const {
    TreeWriter writer;
    writer.write(root_, {});
    return writer.take();
}

std::string YamlDocument::pathAt(const std::string& text, int line, int column) {
    try {
        PlaceFinder finder(line, column);
        finder.look(YAML::Load(text), {});
        return finder.found();
    } catch (const YAML::Exception&) {
        return {};
    }
}

const YamlDocument::Node* YamlDocument::find(std::string_view path) const {
    const Node* node = &root_;
    for (const std::string_view part : partsOf(path)) {
        const auto position = positionOf(*node, part);
        if (!position) {
            return nullptr;
        }
        node = &node->children[*position].second;
    }
    return node;
}

std::string YamlDocument::value(std::string_view path) const {
    const Node* node = find(path);
    return node == nullptr ? std::string() : node->text;
}

std::vector<std::string> YamlDocument::list(std::string_view path) const {
    std::vector<std::string> texts;
    for (const auto& [_, text] : pairs(path)) {
        texts.push_back(text);
    }
    return texts;
}

std::vector<std::pair<std::string, std::string>> YamlDocument::pairs(std::string_view path) const {
    std::vector<std::pair<std::string, std::string>> pairs;
    if (const Node* node = find(path)) {
        for (const auto& [key, child] : node->children) {
            pairs.emplace_back(key, child.text);
        }
    }
    return pairs;
}

std::size_t YamlDocument::size(std::string_view path) const {
    const Node* node = find(path);
    return node == nullptr ? 0 : node->children.size();
}

YamlDocument::Node& YamlDocument::reach(std::string_view path) {
    Node* node = &root_;
    for (const std::string_view part : partsOf(path)) {
        auto position = positionOf(*node, part);
        if (!position) {
            if (node->kind != Node::Kind::kMap) {
                node->kind = Node::Kind::kMap;
                node->text.clear();
                node->children.clear();
            }
            node->children.emplace_back(std::string(part), Node());
            position = node->children.size() - 1;
        }
        node = &node->children[*position].second;
    }
    return *node;
}

void YamlDocument::set(std::string_view path, const std::string& text) {
    if (text.empty()) {
        remove(path);
        return;
    }
    put(path, text);
}

void YamlDocument::put(std::string_view path, const std::string& text) {
    reach(path) = Node{.kind = Node::Kind::kText, .text = text, .children = {}};
}

void YamlDocument::setList(std::string_view path, const std::vector<std::string>& texts) {
    Node list{.kind = Node::Kind::kList, .text = {}, .children = {}};
    for (const std::string& text : texts) {
        list.children.emplace_back(std::string(), Node{.kind = Node::Kind::kText, .text = text, .children = {}});
    }
    reach(path) = std::move(list);
}

void YamlDocument::setPairs(std::string_view path, const std::vector<std::pair<std::string, std::string>>& pairs) {
    if (pairs.empty()) {
        remove(path);
        return;
    }
    Node map{.kind = Node::Kind::kMap, .text = {}, .children = {}};
    for (const auto& [key, text] : pairs) {
        map.children.emplace_back(key, Node{.kind = Node::Kind::kText, .text = text, .children = {}});
    }
    reach(path) = std::move(map);
}

void YamlDocument::remove(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string_view parent = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (find(path) == nullptr) {
        return;
    }
    Node& node = reach(parent);
    node.children.erase(node.children.begin() + static_cast<std::ptrdiff_t>(positionOf(node, last).value()));
    if (node.children.empty() && !parent.empty()) {
        // An item that has lost its last key is still an item.
        const bool is_item = parent.find_last_not_of("0123456789") != parent.size() - 1;
        if (!is_item) {
            remove(parent);
        }
    }
}

void YamlDocument::insertItem(std::string_view list_path, std::size_t position) {
    Node& list = reach(list_path);
    if (list.kind != Node::Kind::kList) {
        list = Node{.kind = Node::Kind::kList, .text = {}, .children = {}};
    }
    list.children.insert(list.children.begin() + static_cast<std::ptrdiff_t>(std::min(position, list.children.size())),
                         {std::string(), Node{.kind = Node::Kind::kMap, .text = {}, .children = {}}});
}

}  // namespace tessera::app
