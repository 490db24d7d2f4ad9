#include "app/core/sql/script_check.h"

#include "app/core/testing/sample_names.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

class ScriptCheckTest : public testing::Test {
  protected:
    std::string marks(const std::string& script) {
        std::string list;
        for (const ScriptProblem& problem : check_.run(script, names_)) {
            list += (list.empty() ? "" : " ") + std::string(problem.is_warning ? "~" : "!") +
                    script.substr(problem.begin, problem.end - problem.begin);
        }
        return list;
    }

    ScriptCheck check_;
    std::shared_ptr<const NameIndex> names_ = std::make_shared<NameIndex>(sampleNames());
};

TEST_F(ScriptCheckTest, EveryStatementHasItsOwnError) {
    EXPECT_EQ(marks("select 1;\nselec b;\nselect '😀é',\n\t* frm orders;\nselect total from orders where"),
              "!selec !frm !e");
    EXPECT_EQ(marks(""), "");
    EXPECT_EQ(marks("select 1 from é."), "!.");
}

TEST_F(ScriptCheckTest, UnknownNamesAreWarnings) {
    EXPECT_EQ(marks("select o.totl from orders o; select * from nowhere"), "~totl ~nowhere");
    EXPECT_EQ(marks("create table nowhere (a int); select * from nowhere"), "");
    names_ = nullptr;
    EXPECT_EQ(marks("select o.totl from orders o; select * from nowhere"), "");
}

TEST_F(ScriptCheckTest, OnlyChangedStatementsAreReadAgain) {
    std::string script;
    for (int i = 0; i < 100; ++i) {
        script += "select " + std::to_string(i) + " from orders;\n";
    }
    marks(script);
    EXPECT_EQ(check_.takeReadCount(), 100U);
    script.insert(script.find("50 from"), "x");
    marks(script);
    EXPECT_EQ(check_.takeReadCount(), 1U);
    marks("-- moved\n" + script);
    EXPECT_EQ(check_.takeReadCount(), 0U);
    names_ = std::make_shared<NameIndex>(sampleNames());
    marks(script);
    EXPECT_EQ(check_.takeReadCount(), 100U);
}

}  // namespace
}  // namespace tessera::app
