#include "app/core/catalog/name_index.h"

#include "app/core/catalog/name_sort.h"
#include "app/core/catalog/tags.h"
#include "common/strings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

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

/// The best `limit` of those that are added, the nearest first; equals in the order they came.
class BestMatches {
  public:
    explicit BestMatches(std::size_t limit) : limit_(limit) {}

    void add(const NameIndex::Match& match) {
        const Entry entry{match, count_++};
        if (heap_.size() == limit_) {
            if (limit_ == 0 || !isBetter(entry, heap_.front())) {
                return;
            }
            std::pop_heap(heap_.begin(), heap_.end(), isBetter);
            heap_.pop_back();
        }
        heap_.push_back(entry);
        std::push_heap(heap_.begin(), heap_.end(), isBetter);
    }

    std::vector<NameIndex::Match> take() {
        std::sort_heap(heap_.begin(), heap_.end(), isBetter);
        std::vector<NameIndex::Match> best;
        best.reserve(heap_.size());
        for (const Entry& entry : heap_) {
            best.push_back(entry.match);
        }
        return best;
    }

  private:
    struct Entry {
        NameIndex::Match match;
        std::size_t place;
    };

    static bool isBetter(const Entry& a, const Entry& b) {
        return a.match.score != b.match.score ? a.match.score > b.match.score : a.place < b.place;
    }

    const std::size_t limit_;
    std::size_t count_ = 0;
    std::vector<Entry> heap_;  // the worst in front
};

constexpr int kNoScore = std::numeric_limits<int>::min();

// What a character that matches adds to a name's score.
constexpr int kHitScore = 2;
constexpr int kRunScore = 6;
constexpr int kWordBeginScore = 12;

// Names longer than the bits of a word are scored one character after the other.
constexpr std::size_t kBits = 64;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

constexpr std::array<std::uint64_t, 256> kLetterBits = [] {
    constexpr unsigned kDigits = 26;
    constexpr unsigned kOther = kDigits + 10;
    std::array<std::uint64_t, 256> bits{};
    for (unsigned c = 0; c < bits.size(); ++c) {
        bits.at(c) = std::uint64_t{1} << (kOther + c % (kBits - kOther));
    }
    for (unsigned i = 0; i < kDigits; ++i) {
        bits.at('a' + i) = bits.at('A' + i) = std::uint64_t{1} << i;
    }
    for (unsigned i = 0; i < 10; ++i) {
        bits.at('0' + i) = std::uint64_t{1} << (kDigits + i);
    }
    return bits;
}();

/// A bit for each character that the text has, some of them sharing one: what is missing here is not in the text.
std::uint64_t lettersOf(std::string_view text) {
    std::uint64_t letters = 0;
    for (const char c : text) {
        letters |= kLetterBits.at(static_cast<unsigned char>(c));
    }
    return letters;
}

/// A bit for each of the eight bytes that is `wanted`, which is folded; letters in any case.
std::uint64_t placesInWord(const char* bytes, char wanted) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t kEach = 0x0101010101010101;
    constexpr std::uint64_t kLow7 = 0x7F7F7F7F7F7F7F7F;
    // Gathers the lowest bit of each byte in the highest byte.
    constexpr std::uint64_t kGather = 0x0102040810204080;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    const bool is_letter = wanted >= 'a' && wanted <= 'z';
    word |= is_letter ? kEach * 0x20 : 0;
    // Zero where it is the wanted one; then the bytes' highest bits say which are.
    word ^= kEach * static_cast<unsigned char>(wanted);
    const std::uint64_t zeros = ~(((word & kLow7) + kLow7) | word | kLow7);
    return ((zeros >> 7U) * kGather) >> 56U;
}

/// fuzzyScore() of a name of at most 64 bytes whose words begin at these places. `pattern` is folded; eight bytes can
/// be read from each of the name's.
int scoreByPlaces(std::string_view pattern, std::string_view name, std::uint64_t word_begins) {
    int score = 0;
    std::uint64_t allowed = name.size() == kBits ? ~std::uint64_t{0} : (std::uint64_t{1} << name.size()) - 1;
    std::uint64_t behind_last = 0;
    for (const char wanted : pattern) {
        std::uint64_t places = 0;
        for (std::size_t at = 0; at < name.size(); at += kWordBytes) {
            places |= placesInWord(name.data() + at, wanted) << at;
        }
        places &= allowed;
        if (places == 0) {
            return kNoScore;
        }
        std::uint64_t hit = places & (~places + 1);
        const bool is_run = hit == behind_last;
        const std::uint64_t begins = places & word_begins;
        if (!is_run && begins != 0) {
            // The begin of a later word is what people mean: "oi" is order_items, not "origin".
            hit = begins & (~begins + 1);
        }
        score += kHitScore + (is_run ? kRunScore : 0) + ((hit & word_begins) != 0 ? kWordBeginScore : 0);
        behind_last = hit << 1U;
        allowed &= ~((hit << 1U) - 1);
    }
    return score - static_cast<int>(name.size() - std::min(name.size(), pattern.size()));
}

}  // namespace

std::optional<int> fuzzyScore(std::string_view pattern, std::string_view name) {
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
        score += kHitScore + (is_run ? kRunScore : 0) + (isWordBegin(name, hit) ? kWordBeginScore : 0);
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

std::vector<int> NameIndex::fuzzyScores(std::string_view pattern) const {
    const std::string wanted = toLowerAscii(pattern);
    const std::uint64_t letters = lettersOf(wanted);
    std::vector<int> scores(letters_.size(), kNoScore);
    // In the order of the strings, not of the names: their bytes are read one after the other.
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if ((letters_[i] & letters) != letters || word_begins_[i] == 0) {
            continue;
        }
        const std::string_view name = text(static_cast<Text>(i));
        scores[i] = name.size() <= kBits ? scoreByPlaces(wanted, name, word_begins_[i])
                                         : fuzzyScore(wanted, name).value_or(kNoScore);
    }
    return scores;
}

std::vector<NameIndex::Match> NameIndex::fuzzy(std::string_view pattern, std::size_t limit,
                                               std::optional<Kind> kind) const {
    // A name that many columns have is looked at once.
    const std::vector<int> scores = fuzzyScores(pattern);
    BestMatches best(limit);
    for (std::size_t run = 0; run < runs_.size(); ++run) {
        const int score = scores[runs_[run].name];
        if (score == kNoScore) {
            continue;
        }
        const std::size_t end = run + 1 < runs_.size() ? runs_[run + 1].first : sorted_.size();
        for (std::size_t i = runs_[run].first; i < end; ++i) {
            if (!kind || sorted_[i].kind == *kind) {
                best.add({sorted_[i].kind, sorted_[i].number, score});
            }
        }
    }
    return best.take();
}

std::vector<NameIndex::Match> NameIndex::containing(std::string_view words, std::size_t limit) const {
    const std::vector<std::string> wanted = wordsOf(words);
    if (wanted.empty()) {
        return {};
    }
    BestMatches matches(limit);
    std::vector<std::uint64_t> letters;
    for (const std::string& word : wanted) {
        letters.push_back(lettersOf(word));
    }
    constexpr int kInName = 10;
    constexpr int kExact = 20;
    // Of each string, once: has it the word (1), is it the word (2)?
    const std::size_t count = strings_.size() - 1;
    std::vector<std::uint8_t> has(count * wanted.size());
    for (std::size_t string = 0; string < count; ++string) {
        const std::string_view of = text(static_cast<Text>(string));
        for (std::size_t word = 0; word < wanted.size(); ++word) {
            const bool may_have = (letters_[string] & letters[word]) == letters[word];
            const bool is_tag = wanted[word].front() == '#';
            if (may_have &&
                (is_tag ? hasTag(of, std::string_view(wanted[word]).substr(1)) : containsFolded(of, wanted[word]))) {
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
            matches.add({Kind::kTable, i, score + 1});
        }
    }
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
        if (const int score = scoreOf(columns_[i].name, columns_[i].comment); score > 0) {
            matches.add({Kind::kColumn, i, score});
        }
    }
    for (std::uint32_t i = 0; i < functions_.size(); ++i) {
        if (const int score = scoreOf(functions_[i].name, functions_[i].comment); score > 0) {
            matches.add({Kind::kFunction, i, score});
        }
    }
    return matches.take();
}

std::size_t NameIndex::byteSize() const {
    return bytes_.capacity() + strings_.capacity() * sizeof(strings_[0]) + tables_.capacity() * sizeof(Table) +
           columns_.capacity() * sizeof(Column) + functions_.capacity() * sizeof(Function) +
           sorted_.capacity() * sizeof(Sorted) + runs_.capacity() * sizeof(Run) +
           (letters_.capacity() + word_begins_.capacity()) * sizeof(std::uint64_t) +
           foreign_keys_.capacity() * sizeof(ForeignKey);
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
    const auto count = index.strings_.size() - 1;
    std::vector<std::uint64_t> keys(count);
    std::vector<NameKey> names;
    names.reserve(count);
    for (NameIndex::Text text = 0; text < count; ++text) {
        if (index.word_begins_[text] != 0) {
            names.push_back(nameKey(text, index.text(text)));
            keys[text] = names.back().key[0];
        }
    }
    sortNames(names, [&](NameIndex::Text text) { return index.text(text); });
    std::vector<std::uint32_t> ranks(count, kNoSlot);
    index.runs_.reserve(names.size());
    for (const NameKey& entry : names) {
        ranks[entry.text] = static_cast<std::uint32_t>(index.runs_.size());
        index.runs_.push_back({entry.text, 0});
    }
    const auto forEach = [&](const auto& take) {
        const auto each = [&](NameIndex::Kind kind, const auto& objects) {
            for (std::uint32_t i = 0; i < objects.size(); ++i) {
                take(objects[i].name, i, kind);
            }
        };
        each(NameIndex::Kind::kTable, index.tables_);
        each(NameIndex::Kind::kColumn, index.columns_);
        each(NameIndex::Kind::kFunction, index.functions_);
    };
    // How many objects have each name, then where those of each begin.
    forEach([&](NameIndex::Text name, std::uint32_t, NameIndex::Kind) { ++index.runs_[ranks[name]].first; });
    std::uint32_t first = 0;
    std::vector<std::uint32_t> places;
    places.reserve(index.runs_.size());
    for (NameIndex::Run& run : index.runs_) {
        first += std::exchange(run.first, first);
        places.push_back(run.first);
    }
    index.sorted_.resize(first);
    forEach([&](NameIndex::Text name, std::uint32_t number, NameIndex::Kind kind) {
        index.sorted_[places[ranks[name]]++] = {keys[name], number, kind};
    });
}

void NameIndexBuilder::findNames(NameIndex& index) {
    index.word_begins_.resize(index.strings_.size() - 1);
    const auto mark = [&](const auto& objects) {
        for (const auto& object : objects) {
            index.word_begins_[object.name] = 1;
        }
    };
    mark(index.tables_);
    mark(index.columns_);
    mark(index.functions_);
}

std::vector<std::uint64_t> NameIndexBuilder::describeStrings(NameIndex& index) {
    std::vector<std::uint64_t> word_begins = index.word_begins_;
    index.letters_.reserve(word_begins.size());
    for (std::size_t i = 0; i < word_begins.size(); ++i) {
        const std::string_view text = index.text(static_cast<NameIndex::Text>(i));
        index.letters_.push_back(lettersOf(text));
        for (std::size_t at = 1; word_begins[i] != 0 && at < std::min(text.size(), kBits); ++at) {
            word_begins[i] |= std::uint64_t{isWordBegin(text, at) ? 1U : 0U} << at;
        }
    }
    return word_begins;
}

void NameIndexBuilder::collectTags(NameIndex& index) {
    // Each comment is read once, however many objects share it.
    std::vector<std::uint32_t> uses(index.strings_.size());
    const auto count = [&](const auto& objects) {
        for (const auto& object : objects) {
            ++uses[object.comment];
        }
    };
    count(index.tables_);
    count(index.columns_);
    count(index.functions_);
    std::map<std::string, std::uint32_t> objects_by_tag;
    for (NameIndex::Text comment = 0; comment + 1 < index.strings_.size(); ++comment) {
        for (std::string& tag : uses[comment] == 0 ? std::vector<std::string>() : tagsOf(index.text(comment))) {
            objects_by_tag[std::move(tag)] += uses[comment];
        }
    }
    for (const auto& [name, objects] : objects_by_tag) {
        index.tags_.push_back({name, objects});
    }
}

NameIndex NameIndexBuilder::finish() {
    NameIndex index = std::move(index_);
    *this = NameIndexBuilder();
    findNames(index);
    // Neither looks at what the other writes.
    auto described = std::async(std::launch::async, [&index] {
        collectTags(index);
        return describeStrings(index);
    });
    sortByName(index);
    index.word_begins_ = described.get();
    index.bytes_.append(kWordBytes, '\0');
    index.bytes_.shrink_to_fit();
    index.strings_.shrink_to_fit();
    index.tables_.shrink_to_fit();
    index.columns_.shrink_to_fit();
    return index;
}

}  // namespace tessera::app
