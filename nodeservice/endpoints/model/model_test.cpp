#include "nodeservice/endpoints/definition/compile.h"
#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/model/derive.h"
#include "nodeservice/endpoints/model/read.h"
#include "nodeservice/endpoints/model/tables.h"
#include "tests/support/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tessera::endpoints {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kCustomer = R"(model: customer
version: 2
documentation: Who buys */ here
table: sales.customers
key: [id]
writes: [insert, update, delete]
fields:
  - {name: id, type: bigint, not_null: true, required: true}
  - {name: full_name, column: name, type: text, required: true, max_length: 50}
  - {name: email, type: text}
  - {name: initial, type: text, sql: 'left(name, 1)'}
relationships:
  - {name: orders, model: order@v1, column: id, other_column: customer_id}
older:
  - version: 1
    changes:
      - {rename: full_name, to: name}
      - {without: email}
      - {restore: fax, type: text, value: "it's none"}
)";

constexpr const char* kOrder = R"(model: order
version: 1
table: sales.orders
key: [id]
fields:
  - {name: id, type: bigint}
  - {name: total, type: numeric}
)";

std::string errorsOf(const std::string& text) {
    std::string all;
    for (const Error& error : readModel(text, "m.yaml").errors) {
        all += error.describe() + "\n";
    }
    return all;
}

Derived derivedOf(const std::vector<std::string>& texts) {
    std::vector<Model> models;
    for (const std::string& text : texts) {
        ReadModel read = readModel(text, "m.yaml");
        EXPECT_THAT(read.errors, IsEmpty()) << errorsOf(text);
        models.push_back(std::move(read.model));
    }
    return deriveEndpoints(models);
}

TEST(Models, EachVersionBecomesEndpointsThatCanBeRead) {
    const Derived derived = derivedOf({kCustomer, kOrder});
    EXPECT_THAT(derived.errors, IsEmpty());
    std::vector<std::string> names;
    for (const DerivedFile& file : derived.files) {
        names.push_back(file.name);
        const ReadDefinition read = readDefinition(file.text, file.name);
        for (const Error& error : read.errors) {
            ADD_FAILURE() << error.describe() << "\n" << file.text;
        }
        EXPECT_EQ(read.definition.name, file.name);
    }
    EXPECT_THAT(names, ElementsAre("customer@v2", "customer@v2-insert", "customer@v2-update", "customer@v2-delete",
                                   "customer@v1", "customer@v1-insert", "customer@v1-update", "customer@v1-delete",
                                   "order@v1"));
    const Definition first = readDefinition(derived.files[4].text, "x").definition;
    EXPECT_THAT(first.sql, AllOf(HasSubstr("t.\"name\" AS \"name\""), HasSubstr("'it''s none'"),
                                 HasSubstr("AS \"fax\""), Not(HasSubstr("email"))));
    EXPECT_EQ(first.parameter("include")->choices, std::vector<std::string>{"orders"});
    const Definition insert = readDefinition(derived.files[1].text, "x").definition;
    EXPECT_TRUE(insert.writes);
    EXPECT_EQ(insert.parameter("full_name")->most_length, 50);
    EXPECT_EQ(insert.parameter("initial"), nullptr) << "what is computed is not written";
}

/// Which is given and which made, of the parameters of each insert.
TEST(Models, AKeyThatIsAUuidIsMade) {
    const auto insertOf = [](const std::string& key, const std::string& id) {
        const Derived derived = derivedOf({"model: thing\nversion: 1\ntable: things\nkey: " + key +
                                           "\nwrites: [insert, update, delete]\nfields:\n  - {name: id, " + id +
                                           "}\n  - {name: name, type: text}\n  - {name: note, type: text}\n"});
        EXPECT_THAT(derived.errors, IsEmpty());
        EXPECT_NE(readDefinition(derived.files.at(2).text, "x").definition.parameter("id"), nullptr) << "to be updated";
        return readDefinition(derived.files.at(1).text, "x").definition;
    };
    const Definition made = insertOf("[id]", "type: uuid");
    EXPECT_EQ(made.parameter("id"), nullptr);
    EXPECT_THAT(made.sql, AllOf(HasSubstr("(\"id\", \"name\", \"note\")"), HasSubstr("VALUES (encode(set_bit("),
                                HasSubstr(", :name, :note)")));
    const Definition given = insertOf("[id]", "type: uuid, given: true");
    ASSERT_NE(given.parameter("id"), nullptr);
    EXPECT_FALSE(given.parameter("id")->is_required);
    EXPECT_THAT(given.sql, HasSubstr("VALUES (coalesce(:id, encode("));
    EXPECT_THAT(insertOf("[id]", "type: bigint").sql, HasSubstr("VALUES (:id, :name, :note)"));
    EXPECT_THAT(insertOf("[id, name]", "type: uuid").sql, HasSubstr("VALUES (:id, :name, :note)"));
    // The table's own default.
    EXPECT_THAT(insertOf("[id]", "type: uuid, read_only: true").sql,
                HasSubstr("(\"name\", \"note\")\nVALUES (:name, :note)"));
    const auto model = [](const std::string& id) {
        return "model: thing\nversion: 1\ntable: things\nkey: [id]\nfields: [{name: id, " + id + "}]\n";
    };
    EXPECT_THAT(errorsOf(model("type: bigint, given: true")), HasSubstr("'given' is said of 'id', which is not made"));
    EXPECT_THAT(errorsOf(model("type: uuid, read_only: true, given: true")), HasSubstr("which is not made"));
    EXPECT_THAT(errorsOf(model("type: uuid, given: true")), IsEmpty());
}

TEST(Models, SayWhatIsWrong) {
    const auto with = [](std::string text, const std::string& old, const std::string& now) {
        const std::size_t at = text.find(old);
        EXPECT_NE(at, std::string::npos) << old;
        return text.replace(at, old.size(), now);
    };
    EXPECT_THAT(errorsOf(with(kCustomer, "value: \"it's none\"", "documentation: x")), HasSubstr("unknown key"));
    EXPECT_THAT(errorsOf(with(kCustomer, ", value: \"it's none\"", "")), HasSubstr("not given up without saying"));
    EXPECT_THAT(errorsOf(with(kCustomer, "rename: full_name", "rename: fullname")),
                HasSubstr("did you mean 'full_name'"));
    EXPECT_THAT(errorsOf(with(kCustomer, "without: email", "without: id")), HasSubstr("which is of the key"));
    EXPECT_THAT(errorsOf(with(kCustomer, "version: 1", "version: 3")), HasSubstr("not in their order"));
    EXPECT_THAT(errorsOf(with(kCustomer, "restore: fax", "restore: name")), HasSubstr("rename it first"));
    EXPECT_THAT(errorsOf(with(kCustomer, "name: email", "name: limit")), HasSubstr("'limit'"));
    EXPECT_THAT(errorsOf(with(kCustomer, "writes: [insert", "writes: [upsert")), HasSubstr("'upsert'"));
    EXPECT_THAT(errorsOf(with(kOrder, "key: [id]", "")), HasSubstr("no key"));
}

TEST(Models, RelationshipsInACircleAreRefused) {
    const std::string back =
        std::string(kOrder) +
        "relationships: [{name: customer, model: customer@v2, column: customer_id, other_column: id, "
        "single: true}]\n";
    const Derived derived = derivedOf({kCustomer, back});
    ASSERT_FALSE(derived.errors.empty());
    EXPECT_THAT(derived.errors.front().message, HasSubstr("in a circle: customer@v2 → order@v1 → customer@v2"));
    const Derived missing = derivedOf({kCustomer});
    ASSERT_FALSE(missing.errors.empty());
    EXPECT_THAT(missing.errors.front().message, HasSubstr("'order@v1', which is not among"));
}

std::string wordsOf(const ModelTables& made) {
    std::string words;
    for (const ModelTable& table : made.tables) {
        words += table.name + ":";
        for (const TableColumn& column : table.columns) {
            words += " " + column.name + " " + column.type + (column.is_not_null ? "!" : "") +
                     (column.is_numbered ? "#" : "") + (column.default_sql.empty() ? "" : "=" + column.default_sql);
        }
        for (const TableReference& reference : table.references) {
            words += " " + reference.column + "->" + reference.table + "." + reference.other_column;
        }
        words += "\n";
    }
    for (const Error& error : made.errors) {
        words += error.message + "\n";
    }
    return words;
}

TEST(Models, TablesThatAreMadeHaveColumnsKeysAndReferences) {
    const auto model = [](const std::string& name, const std::string& rest) {
        ReadModel read =
            readModel("model: " + name + "\nversion: 1\ntable: t." + name + "\nkey: [id]\n" + rest, "m.yaml");
        EXPECT_THAT(read.errors, IsEmpty());
        return std::move(read.model);
    };
    const std::string made = "create: true\nfields: [{name: id, type: bigint, read_only: true}";
    const Model owner =
        model("owner", made +
                           ", {name: up, type: text, sql: upper(id::text)}]\nrelationships: [{name: things, model: "
                           "thing@v1, column: id, other_column: owner}]\n");
    const std::string thing = made + ", {name: owner, type: bigint, default: '1'}]\n";
    EXPECT_EQ(wordsOf(tablesOf({owner, model("thing", thing)})),
              "t.owner: id bigint!#\nt.thing: id bigint!# owner bigint=1 owner->t.owner.id\n");
    // From the other side, and both.
    const std::string back =
        "relationships: [{name: owner, model: owner@v1, column: owner, other_column: id, single: true}]\n";
    EXPECT_EQ(wordsOf(tablesOf({owner, model("thing", thing + back)})),
              "t.owner: id bigint!#\nt.thing: id bigint!# owner bigint=1 owner->t.owner.id\n");
    // A table that is there is its owner's.
    EXPECT_EQ(wordsOf(tablesOf({owner, model("thing", "fields: [{name: id, type: bigint}]\n")})),
              "t.owner: id bigint!#\n");
    EXPECT_THAT(wordsOf(tablesOf({owner, model("thing", made + "]\n")})),
                HasSubstr("needs the column 'owner' of t.thing, which is made without it"));
    EXPECT_THAT(errorsOf("model: m\nversion: 1\ntable: t\nkey: [id]\nfields: [{name: id, type: text, default: '1'}]\n"),
                HasSubstr("no column that is made"));
    EXPECT_THAT(errorsOf("model: m\nversion: 1\ntable: t\nkey: [id]\nfields: [{name: id, type: text}]\nrelationships: "
                         "[{name: r, model: o@v1, column: id, other_column: id, through: x}]\n"),
                HasSubstr("go together"));
}

/// Files that are broken anywhere are refused, or give endpoints that can be read or are refused.
TEST(Models, AnyTextIsReadOrRefused) {
    const unsigned seed = testSeed();
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string parts = ":'\"$*/-;{}[],\n\t \\&!|>%@`#?a0\xc3";
    for (int i = 0; i < 300; ++i) {
        std::string text = kCustomer;
        for (auto changes = random() % 3; changes > 0; --changes) {
            text.insert(random() % text.size(), 1, parts[random() % parts.size()]);
        }
        const ReadModel read = readModel(text, "m.yaml");
        if (!read.errors.empty()) {
            continue;
        }
        for (const DerivedFile& file : deriveEndpoints({read.model}).files) {
            for (const Error& error : readDefinition(file.text, "m.yaml").errors) {
                ASSERT_TRUE(error.message.starts_with("m.yaml")) << error.message;
            }
        }
    }
}

}  // namespace
}  // namespace tessera::endpoints
