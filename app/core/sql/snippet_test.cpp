// Goal: places are found where they are meant, and SQL's own dollars stay. Method: bodies and what becomes of them.
#include "app/core/sql/snippet.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

/// The text with its places in brackets, in the order they are visited: "select [c] from [t] | 1:t 2:c 0:".
std::string shown(std::string_view body, std::string_view indent = "", std::string_view line_end = "\n") {
    const SnippetText snippet = snippetText(body, indent, line_end);
    std::string text = snippet.text + " |";
    for (const SnippetField& field : snippet.fields) {
        text += " " + std::to_string(field.number) + ":" + snippet.text.substr(field.begin, field.end - field.begin);
    }
    return text;
}

TEST(Snippet, PlacesAreVisitedByNumberAndTheCaretEndsInTheLast) {
    EXPECT_EQ(shown("select ${2:*} from ${1:t}"), "select * from t | 1:t 2:* 0:");
    EXPECT_EQ(shown("f(${0})"), "f() | 0:");
    EXPECT_EQ(shown("${1:a} ${1} ${0:end} x"), "a a end x | 1:a 1:a 0:end");
    EXPECT_EQ(shown("${10:b} ${9:a}"), "b a | 9:a 10:b 0:");
    EXPECT_EQ(shown(""), " | 0:");
}

TEST(Snippet, SqlsOwnDollarsStay) {
    EXPECT_EQ(shown("do $$ begin ${1:x}; end $$ -- $1 ${ ${a} ${1"),
              "do $$ begin x; end $$ -- $1 ${ ${a} ${1 | 1:x 0:");
    EXPECT_EQ(shown(R"(\${1:a} ${1:\}\\} \n)"), R"(${1:a} }\ \n | 1:}\ 0:)");
    EXPECT_EQ(shown("${1:open"), "open | 1:open 0:");
}

TEST(Snippet, LinesAreIndentedAndEndAsTheTextsDo) {
    EXPECT_EQ(shown("a\n  ${1:b}\r\nc", "    ", "\r\n"), "a\r\n      b\r\n    c | 1:b 0:");
}

}  // namespace
}  // namespace tessera::app
