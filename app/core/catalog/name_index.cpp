#include "app/core/catalog/name_index.h"

#include "common/strings.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace tessera::app {

std::string_view kindText(RelationKind kind) {
    switch (kind) {
        case RelationKind::kTable:
            return "table";
        case RelationKind::kView:
            return "view";
        case RelationKind::kForeignTable:
            return "foreign table";
        case RelationKind::kMaterializedView:
            return "materialized view";
    }
    return {};
}

namespace {

constexpr NameIndex::Text kNoSlot = 0xFFFFFFFF;

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isWordBegin(std::string_view name, std::size_t at) {
    if (at == 0) {
        return true;
    }
    const char before = name[at - 1];
    const bool is_separator = before == '_' || before == ' ' || before == '-' || before == '.' || before == '$';
    const bool is_hump = before >= 'a' && before <= 'z' && name[at] >= 'A' && name[at] <= 'Z';
    return is_separator || is_hump;
}

std::uint64_t sortKey(std::string_view name) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < sizeof key; ++i) {
        key = (key << 8U) | (i < name.size() ? static_cast<unsigned char>(folded(name[i])) : 0U);
    }
    return key;
}

int compareFolded(std::string_view a, std::string_view b) {
    const std::size_t shared = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < shared; ++i) {
        const auto x = static_cast<unsigned char>(folded(a[i]));
        const auto y = static_cast<unsigned char>(folded(b[i]));
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

bool hasPrefix(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && compareFolded(name.substr(0, prefix.size()), prefix) == 0;
}

/// `needle` is folded.
bool containsFolded(std::string_view text, std::string_view needle) {
    if (text.size() < needle.size()) {
        return false;
    }
    for (std::size_t at = 0; at <= text.size() - needle.size(); ++at) {
        if (folded(text[at]) == needle[0] && compareFolded(text.substr(at, needle.size()), needle) == 0) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = text.find_first_not_of(" \t\n", at);
        if (begin == std::string_view::npos) {
            break;
        }
        at = std::min(text.find_first_of(" \t\n", begin), text.size());
        words.push_back(toLowerAscii(text.substr(begin, at - begin)));
    }
    return words;
}

/// Keeps the best `limit`, the nearest first; equals in the order they came.
void keepBest(std::vector<NameIndex::Match>& matches, std::size_t limit) {
    std::vector<std::uint32_t> places(matches.size());
    std::iota(places.begin(), places.end(), 0U);
    const std::size_t kept = std::min(places.size(), limit);
    std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(kept), places.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                          return matches[a].score != matches[b].score ? matches[a].score > matches[b].score : a < b;
                      });
    std::vector<NameIndex::Match> best;
    best.reserve(kept);
    for (std::size_t i = 0; i < kept; ++i) {
        best.push_back(matches[places[i]]);
    }
    matches = std::move(best);
}

}  // namespace

std::optional<int> fuzzyScore(std::string_view pattern, std::string_view name) {
    constexpr int kBegin = 12;
    constexpr int kRun = 6;
    constexpr int kHit = 2;
    int score = 0;
    std::size_t at = 0;
    std::size_t last = std::string_view::npos;
    for (const char wanted : pattern) {
        std::size_t hit = at;
        while (hit < name.size() && folded(name[hit]) != folded(wanted)) {
            ++hit;
        }
        if (hit == name.size()) {
            return std::nullopt;
        }
        const bool is_run = last != std::string_view::npos && hit == last + 1;
        if (!is_run) {
            // The begin of a later word is what people mean: "oi" is order_items, not "origin".
            for (std::size_t later = hit; later < name.size(); ++later) {
                if (folded(name[later]) == folded(wanted) && isWordBegin(name, later)) {
                    hit = later;
                    break;
                }
            }
        }
        score += kHit + (is_run ? kRun : 0) + (isWordBegin(name, hit) ? kBegin : 0);
        last = hit;
        at = hit + 1;
    }
    return score - static_cast<int>(name.size() - std::min(name.size(), pattern.size()));
}

std::vector<const NameIndex::ForeignKey*> NameIndex::foreignKeysOf(std::uint32_t table) const {
    std::vector<const ForeignKey*> keys;
    for (const ForeignKey& key : foreign_keys_) {
        if (key.table == table || key.referenced_table == table) {
            keys.push_back(&key);
        }
    }
    return keys;
}

bool NameIndex::hasSchema(std::string_view name) const {
    return std::find(schemas_.begin(), schemas_.end(), name) != schemas_.end();
}

std::optional<std::uint32_t> NameIndex::findTable(std::string_view schema, std::string_view name) const {
    std::optional<std::uint32_t> found;
    std::size_t found_rank = search_path_.size();
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), name, [&](const Sorted& entry, std::string_view wanted) {
        const std::uint64_t key = sortKey(wanted);
        return entry.key != key ? entry.key < key : compareFolded(nameOf({entry.kind, entry.number}), wanted) < 0;
    });
    for (; at != sorted_.end() && compareFolded(nameOf({at->kind, at->number}), name) == 0; ++at) {
        if (at->kind != Kind::kTable || nameOf({at->kind, at->number}) != name) {
            continue;
        }
        const std::string_view own_schema = text(tables_[at->number].schema);
        if (!schema.empty()) {
            if (own_schema == schema) {
                return at->number;
            }
            continue;
        }
        const auto rank = static_cast<std::size_t>(std::find(search_path_.begin(), search_path_.end(), own_schema) -
                                                   search_path_.begin());
        if (rank < found_rank) {
            found_rank = rank;
            found = at->number;
        }
    }
    return found;
}

std::vector<std::uint32_t> NameIndex::functionsNamed(std::string_view name) const {
    std::vector<std::uint32_t> numbers;
    for (const Match& match : withPrefix(name, sorted_.size(), Kind::kFunction)) {
        const std::string_view found = nameOf(match);
        if (found.size() > name.size()) {
            break;  // in order of the names, the longer ones come behind
        }
        if (found == name) {
            numbers.push_back(match.number);
        }
    }
    return numbers;
}

NameIndex::Text NameIndex::nameText(const Match& match) const {
    switch (match.kind) {
        case Kind::kTable:
            return tables_[match.number].name;
        case Kind::kColumn:
            return columns_[match.number].name;
        case Kind::kFunction:
            return functions_[match.number].name;
    }
    return 0;
}

std::vector<NameIndex::Match> NameIndex::withPrefix(std::string_view prefix, std::size_t limit,
                                                    std::optional<Kind> kind) const {
    const std::uint64_t key = sortKey(prefix);
    auto at =
        std::lower_bound(sorted_.begin(), sorted_.end(), prefix, [&](const Sorted& entry, std::string_view wanted) {
            return entry.key != key ? entry.key < key : compareFolded(nameOf({entry.kind, entry.number}), wanted) < 0;
        });
    std::vector<Match> matches;
    for (; at != sorted_.end() && matches.size() < limit; ++at) {
        const Match match{at->kind, at->number};
        if (!hasPrefix(nameOf(match), prefix)) {
            break;
        }
        if (!kind || at->kind == *kind) {
            matches.push_back(match);
        }
    }
    return matches;
}

std::vector<NameIndex::Match> NameIndex::fuzzy(std::string_view pattern, std::size_t limit,
                                               std::optional<Kind> kind) const {
    // A name that many columns have is looked at once.
    constexpr int kUnknown = std::numeric_limits<int>::min();
    constexpr int kNone = kUnknown + 1;
    std::vector<int> scores(strings_.size() - 1, kUnknown);
    std::vector<Match> matches;
    for (const Sorted& entry : sorted_) {
        if (kind && entry.kind != *kind) {
            continue;
        }
        Match match{entry.kind, entry.number};
        const Text name = nameText(match);
        int& score = scores[name];
        if (score == kUnknown) {
            score = fuzzyScore(pattern, text(name)).value_or(kNone);
        }
        if (score != kNone) {
            match.score = score;
            matches.push_back(match);
        }
    }
    keepBest(matches, limit);
    return matches;
}

std::vector<NameIndex::Match> NameIndex::containing(std::string_view words, std::size_t limit) const {
    const std::vector<std::string> wanted = wordsOf(words);
    std::vector<Match> matches;
    if (wanted.empty()) {
        return matches;
    }
    constexpr int kInName = 10;
    constexpr int kExact = 20;
    // Of each string, once: has it the word (1), is it the word (2)?
    const std::size_t count = strings_.size() - 1;
    std::vector<std::uint8_t> has(count * wanted.size());
    for (std::size_t string = 0; string < count; ++string) {
        const std::string_view of = text(static_cast<Text>(string));
        for (std::size_t word = 0; word < wanted.size(); ++word) {
            if (containsFolded(of, wanted[word])) {
                has[string * wanted.size() + word] = of.size() == wanted[word].size() ? 2 : 1;
            }
        }
    }
    const auto scoreOf = [&](Text name, Text comment) {
        int score = 0;
        for (std::size_t word = 0; word < wanted.size(); ++word) {
            const std::uint8_t in_name = has[name * wanted.size() + word];
            if (in_name == 0 && has[comment * wanted.size() + word] == 0) {
                return 0;
            }
            score += in_name == 2 ? kExact : in_name == 1 ? kInName : 1;
        }
        return score;
    };
    for (std::uint32_t i = 0; i < tables_.size(); ++i) {
        if (const int score = scoreOf(tables_[i].name, tables_[i].comment); score > 0) {
            matches.push_back({Kind::kTable, i, score + 1});
        }
    }
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
        if (const int score = scoreOf(columns_[i].name, columns_[i].comment); score > 0) {
            matches.push_back({Kind::kColumn, i, score});
        }
    }
    keepBest(matches, limit);
    return matches;
}

std::size_t NameIndex::byteSize() const {
    return bytes_.capacity() + strings_.capacity() * sizeof(strings_[0]) + tables_.capacity() * sizeof(Table) +
           columns_.capacity() * sizeof(Column) + functions_.capacity() * sizeof(Function) +
           sorted_.capacity() * sizeof(Sorted) + foreign_keys_.capacity() * sizeof(ForeignKey);
}

NameIndexBuilder::NameIndexBuilder() {
    index_.strings_.push_back(0);
    intern({});
}

NameIndex::Text NameIndexBuilder::intern(std::string_view text) {
    const auto count = static_cast<NameIndex::Text>(index_.strings_.size() - 1);
    if (count * 2U >= slots_.size()) {
        slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), kNoSlot);
        for (NameIndex::Text i = 0; i < count; ++i) {
            std::size_t slot = std::hash<std::string_view>()(index_.text(i)) & (slots_.size() - 1);
            while (slots_[slot] != kNoSlot) {
                slot = (slot + 1) & (slots_.size() - 1);
            }
            slots_[slot] = i;
        }
    }
    std::size_t slot = std::hash<std::string_view>()(text) & (slots_.size() - 1);
    while (slots_[slot] != kNoSlot) {
        if (index_.text(slots_[slot]) == text) {
            return slots_[slot];
        }
        slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = count;
    index_.bytes_.append(text);
    index_.strings_.push_back(static_cast<std::uint32_t>(index_.bytes_.size()));
    return count;
}

void NameIndexBuilder::addTable(std::string_view schema, std::string_view name, RelationKind kind,
                                std::string_view comment) {
    index_.tables_.push_back(
        {intern(schema), intern(name), intern(comment), static_cast<std::uint32_t>(index_.columns_.size()), 0, kind});
}

bool NameIndexBuilder::addColumn(std::string_view name, std::string_view type, bool not_null, int key_position,
                                 std::string_view comment) {
    if (index_.tables_.empty()) {
        return false;
    }
    ++index_.tables_.back().column_count;
    index_.columns_.push_back({intern(name), intern(type), intern(comment),
                               static_cast<std::uint32_t>(index_.tables_.size() - 1),
                               static_cast<std::uint16_t>(key_position), not_null});
    return true;
}

void NameIndexBuilder::addFunction(std::string_view schema, std::string_view name, std::string_view arguments,
                                   std::string_view result, std::string_view comment) {
    index_.functions_.push_back({intern(schema), intern(name), intern(arguments), intern(result), intern(comment)});
}

std::optional<std::uint32_t> NameIndexBuilder::tableNumber(TableName name) const {
    if (table_numbers_.empty()) {
        for (std::uint32_t i = 0; i < index_.tables_.size(); ++i) {
            const NameIndex::Table& table = index_.tables_[i];
            table_numbers_.emplace(std::string(index_.text(table.schema)) + '\0' + std::string(index_.text(table.name)),
                                   i);
        }
    }
    const auto found = table_numbers_.find(std::string(name.schema) + '\0' + std::string(name.table));
    return found == table_numbers_.end() ? std::nullopt : std::optional(found->second);
}

void NameIndexBuilder::addForeignKey(TableName from, TableName to,
                                     const std::vector<std::pair<std::string_view, std::string_view>>& columns) {
    const auto own = tableNumber(from);
    const auto referenced = tableNumber(to);
    if (!own || !referenced) {
        return;
    }
    NameIndex::ForeignKey key{*own, *referenced, {}};
    for (const auto& [column, referenced_column] : columns) {
        key.columns.emplace_back(intern(column), intern(referenced_column));
    }
    index_.foreign_keys_.push_back(std::move(key));
}

/// Many columns share a name, so the names are sorted, and the objects then put in the order of their names' ranks.
void NameIndexBuilder::sortByName(NameIndex& index) {
    std::string all = index.bytes_;
    std::transform(all.begin(), all.end(), all.begin(), folded);
    const auto name = [&](NameIndex::Text text) {
        return std::string_view(all).substr(index.strings_[text], index.strings_[text + 1] - index.strings_[text]);
    };

    struct Name {
        std::uint64_t key;
        NameIndex::Text text;
    };

    std::vector<Name> names;
    std::vector<std::uint32_t> ranks(index.strings_.size(), kNoSlot);
    for (const NameIndex::Sorted& entry : index.sorted_) {
        const NameIndex::Text text = index.nameText({entry.kind, entry.number});
        if (std::exchange(ranks[text], 0) == kNoSlot) {
            names.push_back({entry.key, text});
        }
    }
    std::sort(names.begin(), names.end(), [&](const Name& a, const Name& b) {
        return a.key != b.key ? a.key < b.key : name(a.text) < name(b.text);
    });
    std::vector<std::uint32_t> places{0};  // where the objects of a rank begin
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0 && name(names[i].text) != name(names[i - 1].text)) {
            places.push_back(0);
        }
        ranks[names[i].text] = static_cast<std::uint32_t>(places.size() - 1);
    }
    const auto rank = [&](const NameIndex::Sorted& entry) { return ranks[index.nameText({entry.kind, entry.number})]; };
    for (const NameIndex::Sorted& entry : index.sorted_) {
        ++places[rank(entry)];
    }
    std::exclusive_scan(places.begin(), places.end(), places.begin(), 0U);
    std::vector<NameIndex::Sorted> in_order(index.sorted_.size());
    for (const NameIndex::Sorted& entry : index.sorted_) {
        in_order[places[rank(entry)]++] = entry;
    }
    index.sorted_ = std::move(in_order);
}

NameIndex NameIndexBuilder::finish() {
    NameIndex index = std::move(index_);
    *this = NameIndexBuilder();
    auto& sorted = index.sorted_;
    sorted.reserve(index.tables_.size() + index.columns_.size() + index.functions_.size());
    const auto add = [&](NameIndex::Kind kind, std::size_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            sorted.push_back({sortKey(index.nameOf({kind, i})), i, kind});
        }
    };
    add(NameIndex::Kind::kTable, index.tables_.size());
    add(NameIndex::Kind::kColumn, index.columns_.size());
    add(NameIndex::Kind::kFunction, index.functions_.size());
    sortByName(index);
    index.bytes_.shrink_to_fit();
    index.strings_.shrink_to_fit();
    index.tables_.shrink_to_fit();
    index.columns_.shrink_to_fit();
    return index;
}

}  // namespace tessera::app
