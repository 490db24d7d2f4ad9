// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_lexer.h"

#include "app/workbench/ui/theme.h"

namespace tessera::workbench {

namespace {

constexpr int kStyleCount = 128;

// PostgreSQL 15, appendix C: what is reserved, and what starts or shapes a statement.
constexpr const char* kKeywords =
    "abort add all also alter analyse analyze and any as asc asymmetric at atomic attach authorization begin between "
    "both by "
    "cache call cascade case cast check checkpoint close cluster collate collation column columns comment commit "
    "committed "
    "concurrently conflict constraint constraints copy create cross cube current current_catalog current_date "
    "current_role "
    "current_schema current_time current_timestamp current_user cursor cycle database deallocate declare default "
    "deferrable deferred delete desc detach discard distinct do domain drop each else enable end escape except exclude "
    "execute exists explain extension false fetch filter first following for foreign from full function generated "
    "global "
    "grant group grouping groups having identity if ilike immutable import in include index inherits initially inner "
    "insert "
    "instead intersect into is isnull isolation join key language last lateral leading left level like limit listen "
    "local "
    "localtime localtimestamp lock logged materialized merge minvalue maxvalue move names natural next no not nothing "
    "notify "
    "notnull null nulls of off offset on only open option options or order ordinality others outer over overriding "
    "owner "
    "partition passing placing policy position preceding prepare primary privileges procedure publication range read "
    "reassign recursive references refresh reindex release rename repeatable replace reset restrict return returning "
    "returns "
    "revoke right role rollback rollup row rows rule savepoint schema security select sequence server session "
    "session_user "
    "set sets share show similar simple some stable start statement statistics strict subscription symmetric system "
    "table "
    "tables tablesample tablespace temp temporary then ties to trailing transaction trigger true truncate type "
    "unbounded "
    "union unique unlisten unlogged until update user using vacuum valid validate values variadic verbose view "
    "volatile when "
    "where window with within without work wrapper write";

constexpr const char* kTypes =
    "bigint bigserial bit bool boolean box bytea char character cidr circle citext date daterange decimal double float "
    "float4 "
    "float8 hstore inet int int2 int4 int4range int8 int8range integer interval json jsonb jsonpath line lseg macaddr "
    "money "
    "name numeric numrange oid path point polygon precision real regclass regtype serial smallint smallserial text "
    "time "
    "timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varchar varying xml zone";

}  // namespace

SqlLexer::SqlLexer(QObject* parent) : QsciLexerSQL(parent) {
    setBackslashEscapes(false);
    setHashComments(false);
    setFoldCompact(false);
    applyTheme(monospaceFont());
}

void SqlLexer::applyTheme(const QFont& font) {
    const Theme& theme = currentTheme();
    QFont bold = font;
    bold.setWeight(QFont::DemiBold);
    setDefaultFont(font);
    setDefaultColor(theme.text);
    setDefaultPaper(theme.surface);
    for (int style = 0; style < kStyleCount; ++style) {
        setFont(font, style);
        setColor(theme.text, style);
        setPaper(theme.surface, style);
    }
    for (const int style : {Comment, CommentLine, CommentDoc, CommentDocKeyword, CommentDocKeywordError}) {
        setColor(theme.comment, style);
    }
    setColor(theme.keyword, Keyword);
    setFont(bold, Keyword);
    setColor(theme.type_word, KeywordSet5);
    setColor(theme.string, SingleQuotedString);
    setColor(theme.quoted_identifier, DoubleQuotedString);
    setColor(theme.quoted_identifier, QuotedIdentifier);
    setColor(theme.number, Number);
}

const char* SqlLexer::keywords(int set) const {
    // Set 4 would be words of Oracle's SQL*Plus.
    switch (set) {
        case 1:
            return kKeywords;
        case 5:
            return kTypes;
        default:
            return nullptr;
    }
}

}  // namespace tessera::workbench
