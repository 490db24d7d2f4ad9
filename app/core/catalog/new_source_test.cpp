// Goal: a source is tried out and added by one statement each, with every name and value quoted. Method: the texts;
// tests/gui runs them on a node.
#include "app/core/catalog/new_source.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

NewSource sample() {
    NewSource source;
    source.name = QStringLiteral("my crm");
    source.connector = QStringLiteral("postgres");
    source.comment = QStringLiteral("it's ours");
    source.options = {{QStringLiteral("host"), QStringLiteral("db")}};
    source.credentials = {{QStringLiteral("password"), QStringLiteral("a'b\\c")}};
    source.remote_schema = QStringLiteral("public");
    source.local_schema = QStringLiteral("crm");
    source.tables = {QStringLiteral("Orders"), QStringLiteral("customers")};
    return source;
}

TEST(NewSource, IsShownWithoutItsSecrets) {
    EXPECT_EQ(createStatements(sample()).toStdString(),
              "CREATE SERVER \"my crm\" FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host 'db');\n"
              "COMMENT ON SERVER \"my crm\" IS 'it''s ours';\n"
              "CREATE USER MAPPING FOR CURRENT_USER SERVER \"my crm\" OPTIONS (password '…');\n"
              "CREATE SCHEMA IF NOT EXISTS crm;\n"
              "IMPORT FOREIGN SCHEMA public LIMIT TO (\"Orders\", customers) FROM SERVER \"my crm\" INTO crm;\n"
              "SELECT tessera.import_comments('my crm', 'public', 'crm');  -- where you may");
}

TEST(NewSource, IsAddedByOneStatement) {
    const std::string sql = createRequest(sample()).sql;
    EXPECT_TRUE(sql.starts_with("DO E'BEGIN\nEXECUTE ")) << sql;
    // Three times quoted: in its statement, in EXECUTE, in DO.
    EXPECT_NE(sql.find("a''''''''b"), std::string::npos) << sql;
    EXPECT_EQ(sql.find("tessera_preview"), std::string::npos);
}

TEST(NewSource, APreviewIsReadFromItsNotice) {
    EXPECT_NE(previewRequest(sample()).sql.find("tessera_preview"), std::string::npos);
    client::Notice notice;
    notice.message = R"x(tessera preview [{"name": "orders", "columns": ["id bigint", "total numeric(10,2)"]}])x";
    const auto tables = readPreview(notice);
    ASSERT_TRUE(tables);
    ASSERT_EQ(tables->size(), 1U);
    EXPECT_EQ((*tables)[0].name, QStringLiteral("orders"));
    EXPECT_EQ((*tables)[0].columns.size(), 2);
    notice.message = "something else";
    EXPECT_FALSE(readPreview(notice));
}

TEST(NewSource, EachKindSaysWhatItNeeds) {
    for (const SourceKind& kind : sourceKinds()) {
        EXPECT_FALSE(kind.title.isEmpty());
        EXPECT_FALSE(kind.fields.empty());
        for (const SourceKind::Field& field : kind.fields) {
            EXPECT_FALSE(field.label.isEmpty());
            EXPECT_TRUE(!field.is_secret || field.is_credential);
        }
    }
}

}  // namespace
}  // namespace tessera::app
