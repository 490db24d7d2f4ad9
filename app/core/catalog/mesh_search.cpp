#include "app/core/catalog/mesh_search.h"

#include "common/strings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace tessera::app {

namespace {

using Kind = FoundName::Kind;

// Whole names before begins of names, those before other places, and comments and scattered letters last.
constexpr int kTagScore = 8000;
constexpr int kExact = 4000;
constexpr int kBegin = 3000;
constexpr int kWithin = 2000;
constexpr int kInComment = 1000;
// Tables are looked for most, then functions of one's own.
constexpr int kTableBonus = 300;

Kind kindOf(RelationKind kind) {
    switch (kind) {
        case RelationKind::kTable:
            return Kind::kTable;
        case RelationKind::kView:
            return Kind::kView;
        case RelationKind::kForeignTable:
            return Kind::kForeignTable;
        case RelationKind::kMaterializedView:
            return Kind::kMaterializedView;
    }
    return Kind::kTable;
}

FoundName foundName(const NodeNames& node, const NameIndex::Match& match) {
    const NameIndex& names = *node.names;
    const auto text = [&](NameIndex::Text of) { return std::string(names.text(of)); };
    FoundName found;
    found.node = node.node;
    switch (match.kind) {
        case NameIndex::Kind::kTable: {
            const NameIndex::Table& table = names.tables()[match.number];
            found.kind = kindOf(table.kind);
            found.schema = text(table.schema);
            found.name = found.table = text(table.name);
            found.comment = text(table.comment);
            break;
        }
        case NameIndex::Kind::kColumn: {
            const NameIndex::Column& column = names.columns()[match.number];
            const NameIndex::Table& table = names.tables()[column.table];
            found.kind = Kind::kColumn;
            found.schema = text(table.schema);
            found.table = text(table.name);
            found.name = text(column.name);
            found.detail = text(column.type);
            found.comment = text(column.comment);
            break;
        }
        case NameIndex::Kind::kFunction: {
            const NameIndex::Function& function = names.functions()[match.number];
            found.kind = Kind::kFunction;
            found.schema = text(function.schema);
            found.name = text(function.name);
            found.detail = text(function.arguments);
            found.comment = text(function.comment);
            break;
        }
    }
    return found;
}

/// Where the text stands in what was found; 0 where it does not.
int placeOf(const std::string& word, const FoundName& found) {
    const std::string name = toLowerAscii(found.name);
    if (name == word) {
        return kExact;
    }
    const std::size_t at = name.find(word);
    return at == 0 ? kBegin : at != std::string::npos ? kWithin : 0;
}

bool isWithin(const std::string& qualifier, const FoundName& found) {
    const std::string schema = toLowerAscii(found.schema);
    const std::string table = found.kind == Kind::kColumn ? toLowerAscii(found.table) : std::string();
    return schema.starts_with(qualifier) || table.starts_with(qualifier) || toLowerAscii(found.node) == qualifier;
}

/// The words as they are looked for: "files.fl" is "fl" within what begins with "files".
struct Wanted {
    std::string qualifier;
    std::string text;
};

Wanted wantedOf(std::string_view text) {
    std::string folded = toLowerAscii(text);
    folded.erase(0, folded.find_first_not_of(' '));
    folded.erase(folded.find_last_not_of(' ') + 1);
    const std::size_t dot = folded.rfind('.');
    if (dot == std::string::npos || folded.front() == '#' || folded.find(' ') != std::string::npos) {
        return {{}, folded};
    }
    const std::string before = folded.substr(0, dot);
    return {before.substr(before.rfind('.') + 1), folded.substr(dot + 1)};
}

/// Those of all nodes that begin with `prefix` and are longer, the ones that most objects have first.
void addTags(std::span<const NodeNames> nodes, std::string_view prefix, std::vector<FoundName>& found) {
    std::map<std::string_view, std::uint32_t> objects_by_tag;
    for (const NodeNames& node : nodes) {
        for (const NameIndex::Tag& tag : node.names->tags()) {
            if (tag.name.size() > prefix.size() && tag.name.starts_with(prefix)) {
                objects_by_tag[tag.name] += tag.objects;
            }
        }
    }
    for (const auto& [name, objects] : objects_by_tag) {
        FoundName tag;
        tag.kind = Kind::kTag;
        tag.name = "#" + std::string(name);
        tag.detail = std::to_string(objects);
        tag.score = kTagScore + static_cast<int>(std::min<std::uint32_t>(objects, kTagScore));
        found.push_back(std::move(tag));
    }
}

}  // namespace

std::vector<FoundName> searchMesh(std::span<const NodeNames> nodes, std::string_view text, std::size_t limit) {
    // A qualifier takes away from what was found, so more is asked for.
    constexpr std::size_t kSpare = 20;
    const Wanted wanted = wantedOf(text);
    std::vector<FoundName> all;
    if (wanted.text.empty()) {
        return all;
    }
    const bool is_word = wanted.text.find(' ') == std::string::npos;
    const bool is_tag = is_word && wanted.text.front() == '#';
    if (is_tag) {
        addTags(nodes, std::string_view(wanted.text).substr(1), all);
    }
    const std::size_t asked = wanted.qualifier.empty() ? limit : limit * kSpare;
    for (const NodeNames& node : nodes) {
        std::set<std::pair<NameIndex::Kind, std::uint32_t>> known;
        const auto add = [&](const std::vector<NameIndex::Match>& matches, int least) {
            for (const NameIndex::Match& match : matches) {
                if (!known.emplace(match.kind, match.number).second) {
                    continue;
                }
                FoundName found = foundName(node, match);
                if (!wanted.qualifier.empty() && !isWithin(wanted.qualifier, found)) {
                    continue;
                }
                const bool is_table = found.kind != Kind::kColumn && found.kind != Kind::kFunction;
                found.score = std::max(least, is_word ? placeOf(wanted.text, found) : 0) + match.score +
                              (is_table ? kTableBonus : 0);
                all.push_back(std::move(found));
            }
        };
        if (is_word && !is_tag) {
            add(node.names->withPrefix(wanted.text, asked), 0);
        }
        add(node.names->containing(wanted.text, asked), kInComment);
        if (is_word && !is_tag && known.size() < limit) {
            add(node.names->fuzzy(wanted.text, asked, NameIndex::Kind::kTable), 0);
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const FoundName& a, const FoundName& b) {
        return a.score != b.score ? a.score > b.score : a.name.size() < b.name.size();
    });
    all.resize(std::min(all.size(), limit));
    return all;
}

}  // namespace tessera::app
