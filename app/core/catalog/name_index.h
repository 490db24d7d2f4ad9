#pragma once

/// Every name of one node that SQL can say: schemas, tables, columns, functions, with types, keys and comments, packed
/// for searching. Made once by a NameIndexBuilder, then immutable: any number of threads may read one. No Qt.
///
/// Strings are interned; a column costs about 20 bytes beside its text, a string 16. Search is case-insensitive
/// (ASCII).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tessera::app {

enum class RelationKind : std::uint8_t { kTable, kView, kForeignTable, kMaterializedView };

/// "foreign table"
std::string_view kindText(RelationKind kind);

class NameIndex {
  public:
    /// A string of the index, by its place in it.
    using Text = std::uint32_t;

    struct Column {
        Text name;
        Text type;
        Text comment;
        std::uint32_t table;
        std::uint16_t key_position;  // in the primary key from 1, or 0
        bool not_null;
    };

    struct Table {
        Text schema;
        Text name;
        Text comment;
        std::uint32_t first_column;
        std::uint16_t column_count;
        RelationKind kind;
    };

    struct Function {
        Text schema;
        Text name;
        /// As pg_get_function_arguments() spells them: "a integer, b text DEFAULT 'x'".
        Text arguments;
        Text result;
        Text comment;
    };

    struct ForeignKey {
        std::uint32_t table;
        std::uint32_t referenced_table;
        std::vector<std::pair<Text, Text>> columns;  // own name, referenced name
    };

    /// A word of comments (tags.h), in lower case and without its `#`, and how many objects have it.
    struct Tag {
        std::string name;
        std::uint32_t objects = 0;
    };

    enum class Kind : std::uint8_t { kTable, kColumn, kFunction };

    struct Match {
        Kind kind;
        std::uint32_t number;  // in tables(), columns() or functions()
        int score = 0;         // higher is nearer

        bool operator==(const Match&) const = default;
    };

    std::string_view text(Text text) const {
        return {bytes_.data() + strings_[text], strings_[text + 1] - strings_[text]};
    }

    const std::vector<Table>& tables() const { return tables_; }

    const std::vector<Column>& columns() const { return columns_; }

    const std::vector<Function>& functions() const { return functions_; }

    /// In order of their names.
    const std::vector<Tag>& tags() const { return tags_; }

    std::span<const Column> columnsOf(const Table& table) const {
        return std::span(columns_).subspan(table.first_column, table.column_count);
    }

    /// The keys of a table that point elsewhere, and those of others that point at it.
    std::vector<const ForeignKey*> foreignKeysOf(std::uint32_t table) const;

    const std::vector<std::string>& searchPath() const { return search_path_; }

    const std::vector<std::string>& schemas() const { return schemas_; }

    bool hasSchema(std::string_view name) const;

    /// The table SQL means by the name, which is folded already; without a schema the search path decides.
    std::optional<std::uint32_t> findTable(std::string_view schema, std::string_view name) const;
    /// Functions of exactly that name, of any schema.
    std::vector<std::uint32_t> functionsNamed(std::string_view name) const;

    std::string_view nameOf(const Match& match) const { return text(nameText(match)); }

    /// Names that begin with the prefix, in order of the names, at most `limit`.
    std::vector<Match> withPrefix(std::string_view prefix, std::size_t limit, std::optional<Kind> kind = {}) const;
    /// Names that contain the pattern's characters in this order, the nearest first. Reads every name: a worker's work.
    std::vector<Match> fuzzy(std::string_view pattern, std::size_t limit, std::optional<Kind> kind = {}) const;
    /// Tables, columns and functions whose name or comment contains every one of the words; of a word with a `#`, whose
    /// comment has a tag that begins so. A worker's work.
    std::vector<Match> containing(std::string_view words, std::size_t limit) const;

    std::size_t byteSize() const;

  private:
    friend class NameIndexBuilder;

    struct Sorted {
        std::uint64_t key;  // the first eight bytes of the folded name, big-endian
        std::uint32_t number;
        Kind kind;
    };

    /// Objects that have one name, from sorted_[first] to the next run's.
    struct Run {
        Text name;
        std::uint32_t first;
    };

    Text nameText(const Match& match) const;
    /// As fuzzyScore() has it, for each string that is a name; kNoScore for those that do not match.
    std::vector<int> fuzzyScores(std::string_view pattern) const;

    // With some zeros behind the last string, so that eight bytes can be read from any place in it.
    std::string bytes_;
    std::vector<std::uint32_t> strings_;  // where each begins, and the end of the last
    // Of each string: which characters it has, and, of a name, which of its first 64 begin a word.
    std::vector<std::uint64_t> letters_;
    std::vector<std::uint64_t> word_begins_;
    std::vector<Run> runs_;
    std::vector<Table> tables_;
    std::vector<Column> columns_;
    std::vector<Function> functions_;
    std::vector<ForeignKey> foreign_keys_;
    std::vector<Tag> tags_;
    std::vector<Sorted> sorted_;
    std::vector<std::string> search_path_;
    std::vector<std::string> schemas_;
};

/// Takes names in any order of tables, the columns of a table behind it. One thread at a time.
class NameIndexBuilder {
  public:
    NameIndexBuilder();

    void addToSearchPath(std::string_view schema) { index_.search_path_.emplace_back(schema); }

    void addSchema(std::string_view schema) { index_.schemas_.emplace_back(schema); }

    void addTable(std::string_view schema, std::string_view name, RelationKind kind, std::string_view comment);
    /// Of the table added last; refused (false) before the first one.
    bool addColumn(std::string_view name, std::string_view type, bool not_null, int key_position,
                   std::string_view comment);
    void addFunction(std::string_view schema, std::string_view name, std::string_view arguments,
                     std::string_view result, std::string_view comment);

    struct TableName {
        std::string_view schema;
        std::string_view table;
    };

    /// Behind both tables; a key of a table that is not here is left out.
    void addForeignKey(TableName from, TableName to,
                       const std::vector<std::pair<std::string_view, std::string_view>>& columns);

    /// Sorts, with threads beside the caller's, and leaves the builder empty. Takes some 150 ms for a million columns.
    NameIndex finish();

  private:
    NameIndex::Text intern(std::string_view text);
    /// Marks which strings are names.
    static void findNames(NameIndex& index);
    static void sortByName(NameIndex& index);
    /// The words' begins; the strings' letters stand in the index.
    static std::vector<std::uint64_t> describeStrings(NameIndex& index);
    static void collectTags(NameIndex& index);
    std::optional<std::uint32_t> tableNumber(TableName name) const;

    NameIndex index_;
    // Open addressing over the interned strings: a map of their views would cost more than the strings.
    std::vector<NameIndex::Text> slots_;
    mutable std::unordered_map<std::string, std::uint32_t> table_numbers_;
};

/// How near a name is to a pattern whose characters it must have in order: begins of words and runs count more. None
/// when it has not.
std::optional<int> fuzzyScore(std::string_view pattern, std::string_view name);

}  // namespace tessera::app
