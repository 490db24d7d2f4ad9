#include "app/core/catalog/schema_keys.h"

#include "app/core/catalog/supposed_key.h"

#include <algorithm>
#include <map>
#include <set>

namespace tessera::app {

namespace {

class Reader {
  public:
    Reader(const NameIndex& names, std::string_view schema, SchemaColumns columns, std::size_t limit)
        : names_(names), schema_(schema), columns_(columns), limit_(limit) {}

    SchemaKeys read() {
        std::vector<std::uint32_t> own;
        for (std::uint32_t number = 0; number < names_.tables().size(); ++number) {
            if (names_.text(names_.tables()[number].schema) == schema_) {
                own.push_back(number);
            }
        }
        std::sort(own.begin(), own.end(), [&](std::uint32_t a, std::uint32_t b) {
            return names_.text(names_.tables()[a].name) < names_.text(names_.tables()[b].name);
        });
        keys_.is_cut = own.size() > limit_;
        own.resize(std::min(own.size(), limit_));
        for (const std::uint32_t number : own) {
            place(number);
        }
        for (const std::uint32_t number : own) {
            addDeclared(number);
        }
        addSupposed(own);
        addColumns();
        return std::move(keys_);
    }

  private:
    int place(std::uint32_t number) {
        const auto [found, is_new] = places_.emplace(number, static_cast<int>(numbers_.size()));
        if (is_new) {
            const NameIndex::Table& table = names_.tables()[number];
            const std::string schema(names_.text(table.schema));
            keys_.tables.push_back({schema == schema_ ? std::string() : schema,
                                    std::string(names_.text(table.name)),
                                    table.kind,
                                    {},
                                    table.column_count});
            numbers_.push_back(number);
        }
        return found->second;
    }

    void add(std::uint32_t from, std::uint32_t to, const std::string& own, const std::string& columns,
             bool is_supposed) {
        keys_.references.push_back({place(from), place(to), columns, is_supposed});
        connected_.emplace(from, to);
        referring_.emplace(from, own);
    }

    void addDeclared(std::uint32_t number) {
        for (const NameIndex::ForeignKey* key : names_.foreignKeysOf(number)) {
            // Each key once: of the table that has it, or of one elsewhere that points here.
            const bool is_own = key->table == number;
            const bool is_from_elsewhere = names_.text(names_.tables()[key->table].schema) != schema_;
            if (!is_own && !is_from_elsewhere) {
                continue;
            }
            std::string columns;
            for (const auto& [own, referenced] : key->columns) {
                columns += (columns.empty() ? "" : ", ") + std::string(names_.text(own)) + " → " +
                           std::string(names_.text(referenced));
                referring_.emplace(key->table, std::string(names_.text(own)));
            }
            keys_.references.push_back({place(key->table), place(key->referenced_table), columns, false});
            connected_.emplace(key->table, key->referenced_table);
        }
    }

    std::vector<KeyColumn> keyColumns(std::uint32_t number) const {
        std::vector<KeyColumn> columns;
        for (const NameIndex::Column& column : names_.columnsOf(names_.tables()[number])) {
            columns.push_back({names_.text(column.name), column.key_position > 0});
        }
        return columns;
    }

    void addSupposed(const std::vector<std::uint32_t>& own) {
        std::vector<std::vector<KeyColumn>> columns;
        for (const std::uint32_t number : own) {
            columns.push_back(keyColumns(number));
        }
        for (std::size_t from = 0; from < own.size(); ++from) {
            for (std::size_t to = 0; to < own.size(); ++to) {
                // Views repeat the columns of what they read.
                if (from == to || isView(own[from]) || isView(own[to]) || connected_.count({own[from], own[to]}) != 0 ||
                    connected_.count({own[to], own[from]}) != 0) {
                    continue;
                }
                const auto found = supposedKey(columns[from], names_.text(names_.tables()[own[to]].name), columns[to]);
                if (found) {
                    const std::string column(columns[from][found->first].name);
                    add(own[from], own[to], column, column + " → " + std::string(columns[to][found->second].name),
                        true);
                }
            }
        }
    }

    bool isView(std::uint32_t number) const {
        const RelationKind kind = names_.tables()[number].kind;
        return kind == RelationKind::kView || kind == RelationKind::kMaterializedView;
    }

    void addColumns() {
        for (std::size_t i = 0; i < keys_.tables.size(); ++i) {
            for (const NameIndex::Column& column : names_.columnsOf(names_.tables()[numbers_[i]])) {
                const std::string name(names_.text(column.name));
                const bool is_reference = referring_.count({numbers_[i], name}) != 0;
                if (columns_ == SchemaColumns::kAll || column.key_position > 0 || is_reference) {
                    keys_.tables[i].columns.push_back(
                        {name, std::string(names_.text(column.type)), column.key_position > 0, is_reference});
                }
            }
        }
    }

    const NameIndex& names_;
    const std::string_view schema_;
    const SchemaColumns columns_;
    const std::size_t limit_;
    SchemaKeys keys_;
    std::vector<std::uint32_t> numbers_;
    std::map<std::uint32_t, int> places_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> connected_;
    std::set<std::pair<std::uint32_t, std::string>> referring_;
};

}  // namespace

SchemaKeys schemaKeys(const NameIndex& names, std::string_view schema, SchemaColumns columns, std::size_t limit) {
    return Reader(names, schema, columns, limit).read();
}

}  // namespace tessera::app
