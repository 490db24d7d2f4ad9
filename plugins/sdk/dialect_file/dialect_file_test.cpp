#include "plugins/sdk/dialect_file/dialect_file.h"

#include "plugins/sdk/ir/builder.h"
#include "plugins/sdk/ir/render.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace tessera::dialect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Messages with their hints.
std::vector<std::string> errorsOf(const std::string& text) {
    std::vector<std::string> errors;
    for (const Error& error : readFile(text, "crm.yaml", "crm").errors) {
        errors.push_back(error.message + " (" + error.hint + ")");
    }
    return errors;
}

const Dialect& mustRead(const std::string& text) {
    const FileReading read = readFile(text, "crm.yaml", "crm");
    EXPECT_TRUE(read.errors.empty()) << read.errors.front().describe();
    return read.dialect != nullptr ? *read.dialect : kGeneric;
}

std::string rendered(const Dialect& dialect, const char* signature, const char* type, const char* value) {
    ir::Builder build(dialect);
    ir::From* from = build.arena().from();
    from->table = ir::Table{1, quoteIdentifier(dialect, "t"), {}};
    ir::Select select;
    select.from = from;
    select.outputs = {build.column(1, "id", "int4").value()};
    const auto call = build.call(signature, "int4", ir::Collation::kNone, {build.column(1, "c", type).value()});
    if (!call) {
        return call.error().message;
    }
    const auto same =
        build.call("int4eq(int4,int4)", "bool", ir::Collation::kNone, {*call, build.constant("int4", value).value()});
    select.where.push_back(same.value());
    return ir::render(select, dialect).value().text;
}

TEST(DialectFile, SaysWhatItsDialectHasBesidesTheOneItExtends) {
    const Dialect& dialect = mustRead(
        "extends: generic\n"
        "quotes: '[]'\n"
        "joins: true\n"
        "null_order: case\n"
        "row_limit: fetch_first\n"
        "without: [date, 'int4(int2)']\n"
        "types:\n"
        "  - {type: int4, literal: 'I{raw}', parameter: 'CAST(? AS INT)', equal: '{0}'}\n"
        "functions:\n"
        "  - {function: abs(int4), sql: '{fn ABS({0})}'}\n"
        "aggregates:\n"
        "  - {function: count(any), sql: 'COUNT({0})'}\n");
    EXPECT_EQ(dialect.name, "crm");
    EXPECT_EQ(quoteIdentifier(dialect, "a]"), "[a]]]");
    EXPECT_TRUE(dialect.joins);
    EXPECT_FALSE(dialect.grouping);
    EXPECT_EQ(dialect.null_order, NullOrder::kCase);
    EXPECT_EQ(dialect.row_limit, RowLimit::kFetchFirst);
    EXPECT_EQ(typeRule(dialect, "date"), nullptr);
    EXPECT_EQ(typeRule(dialect, "int4")->order, "");
    EXPECT_EQ(typeRule(dialect, "int8")->literal, "{raw}");
    EXPECT_EQ(functionRule(dialect, "int4(int2)"), nullptr);
    EXPECT_NE(functionRule(dialect, "int8(int2)"), nullptr);
    EXPECT_EQ(aggregateRule(dialect, "count(any)")->sql, "COUNT({0})");
    // Braces of ODBC's own stay.
    EXPECT_EQ(rendered(dialect, "abs(int4)", "int4", "5"), "SELECT [id] FROM [t] WHERE (({fn ABS([c])}) = I5)");
    EXPECT_THAT(rendered(dialect, "int4um(int4)", "int4", "5"), HasSubstr("crm has no exact form of int4um(int4)"));
}

/// Who forgets that a divisor may be 0 does not get wrong results.
TEST(DialectFile, AsksOfFunctionsWhatTheProgramsOwnDialectsAsk) {
    const Dialect& dialect = mustRead(
        "extends: generic\n"
        "functions:\n"
        "  - {function: 'int4div(int4,int4)', sql: '({0} / {1})'}\n"
        "  - {function: 'int4mod(int4,int4)', sql: '({0} % {1})', operands: any}\n"
        "  - {function: 'textlike(text,text)', sql: '{0} LIKE {1}'}\n"
        "aggregates:\n"
        "  - {function: min(text), sql: 'MIN({0})'}\n");
    EXPECT_EQ(functionRule(dialect, "int4div(int4,int4)")->need, OperandNeed::kDivisor);
    EXPECT_EQ(functionRule(dialect, "int4mod(int4,int4)")->need, OperandNeed::kNone);
    EXPECT_EQ(functionRule(dialect, "textlike(text,text)")->need, OperandNeed::kLike);
    EXPECT_EQ(functionRule(dialect, "textlike(text,text)")->collation, CollationNeed::kDeterministic);
    EXPECT_EQ(aggregateRule(dialect, "min(text)")->collation, CollationNeed::kBytewise);
}

TEST(DialectFile, TellsAllThatIsWrongWithLineAndColumn) {
    EXPECT_THAT(errorsOf("extends: generic\n"
                         "jions: true\n"
                         "grouping: perhaps\n"
                         "row_limit: rownum\n"
                         "quotes: '\"'\n"
                         "without: [datum]\n"
                         "decimal_digits: 12345\n"),
                ElementsAre("crm.yaml:2:1: unknown key 'jions' (did you mean 'joins'?)", HasSubstr("crm.yaml:3:11: "),
                            HasSubstr("crm.yaml:4:12: "), HasSubstr("crm.yaml:7:17: "),
                            "crm.yaml:6:10: the dialect 'generic' has no 'datum' (did you mean 'date'?)",
                            HasSubstr("crm.yaml:5:9: 'quotes' must be two characters, not '\"'")));
    EXPECT_THAT(errorsOf("extends: informix\n"), ElementsAre(HasSubstr("crm.yaml:1:10: "), HasSubstr("'extends'")));
    EXPECT_THAT(errorsOf("joins: true\n"), ElementsAre(HasSubstr("crm.yaml:1:1: 'extends' is missing")));
}

TEST(DialectFile, KnowsNoOtherTypesAndFunctionsThanTheProgram) {
    EXPECT_THAT(errorsOf("extends: generic\n"
                         "types:\n"
                         "  - {type: integer, equal: '{0}'}\n"
                         "  - {type: int4, equal: '{0}'}\n"
                         "  - {type: int4, equal: '{0}'}\n"
                         "functions:\n"
                         "  - {function: lenght(text), sql: 'LEN({0})'}\n"
                         "  - {sql: 'LEN({0})'}\n"
                         "aggregates:\n"
                         "  - {function: median(int4), sql: 'MEDIAN({0})'}\n"),
                ElementsAre(HasSubstr("crm.yaml:8:5: 'function' is missing"),
                            HasSubstr("crm.yaml:3:12: there is no type 'integer' that a dialect can have"),
                            HasSubstr("crm.yaml:5:12: 'int4' stands here a second time"),
                            HasSubstr("crm.yaml:7:16: there is no function 'lenght(text)' that a dialect can have (did "
                                      "you mean 'length(text)'?)"),
                            HasSubstr("crm.yaml:10:16: there is no aggregate")));
}

TEST(DialectFile, ChecksThePlacesOfTemplates) {
    EXPECT_THAT(errorsOf("extends: generic\n"
                         "sample: 'RANDOM() < 0.1'\n"
                         "types:\n"
                         "  - {type: int4, literal: '{row}', parameter: 'CAST($1 AS INT)', equal: 'x', order: '{1}'}\n"
                         "functions:\n"
                         "  - {function: abs(int4), sql: 'ABS(c)'}\n"
                         "  - {function: 'int4pl(int4,int4)', sql: '{0} + {2}'}\n"
                         "  - {function: 'date_trunc(month,timestamp)', sql: \"TRUNC({0}, 'MM')\"}\n"
                         "aggregates:\n"
                         "  - {function: sum(int4), sql: '{fn SUM({0})}'}\n"
                         "  - {function: count(any), sql: 'COUNT(*)'}\n"),
                ElementsAre("crm.yaml:2:9: 'sample' does not say where its value stands (write {fraction} there)",
                            "crm.yaml:4:27: 'literal' knows no {row} (it may hold {raw}, {real}, {quoted}, {type})",
                            HasSubstr("crm.yaml:4:27: 'literal' does not say where its value stands"),
                            HasSubstr("crm.yaml:4:47: 'parameter' must hold one question mark"),
                            HasSubstr("crm.yaml:4:73: 'equal' does not say where its value stands"),
                            HasSubstr("crm.yaml:4:85: 'order' knows no {1}"),
                            HasSubstr("crm.yaml:4:85: 'order' does not say where its value stands"),
                            HasSubstr("crm.yaml:6:32: 'sql' leaves out the operand {0}"),
                            HasSubstr("crm.yaml:7:42: 'sql' leaves out the operand {1}"),
                            HasSubstr("crm.yaml:7:42: 'sql' knows no {2}"),
                            HasSubstr("crm.yaml:8:52: 'sql' leaves out the operand {1}"),
                            HasSubstr("crm.yaml:8:52: 'sql' knows no {0}"),
                            HasSubstr("crm.yaml:10:32: 'sql' has a brace that belongs to no place"),
                            HasSubstr("crm.yaml:11:33: 'sql' leaves out the operand {0}")));
}

TEST(DialectFile, RefusesWhatIsNoYamlAtAll) {
    EXPECT_THAT(errorsOf("extends: [\n"), ElementsAre(HasSubstr("crm.yaml:")));
    EXPECT_THAT(errorsOf(""), testing::SizeIs(testing::Ge(1U)));
    EXPECT_THAT(errorsOf("root:x:0:0\ndaemon:x:1:1\n"), testing::SizeIs(testing::Ge(1U)));
}

std::string textOf(const char* file) {
    std::ifstream stream(std::string(TESSERA_SOURCE_DIR "/") + file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(DialectFile, TheReferencePageIsUpToDate) {
    EXPECT_EQ(textOf("docs/reference/dialect-files.md"), config::referencePage(fileSchema()))
        << "run: tessera-node config reference --dialects > docs/reference/dialect-files.md";
}

class DialectFolder : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const std::string& text) {
        const std::filesystem::path file = folder_.path() / name;
        std::ofstream(file) << text;
        return file;
    }

    Result<const Dialect*> named(const std::string& name) {
        return findOrLoad(TSR_TRY(fileOf(folder_.path().string(), name)).string());
    }

    TemporaryDirectory folder_;
};

TEST_F(DialectFolder, IsReadAgainWhenAFileHasChanged) {
    write("crm.yaml", "extends: generic\n");
    const Dialect* first = named("crm").value();
    EXPECT_EQ(named("crm").value(), first);
    EXPECT_EQ(first->name, "crm");
    write("crm.yaml", "extends: generic\njoins: true\n");
    const Dialect* second = named("crm").value();
    EXPECT_TRUE(second->joins);
    EXPECT_FALSE(first->joins);  // plans that point to it go on
    write("crm.yaml", "extends: generic\njoins: tru\ngrouping: tru\n");
    const auto broken = named("crm");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().sqlstate, "HV00D");
    EXPECT_THAT(broken.error().message, HasSubstr("crm.yaml:2:8: "));
    EXPECT_THAT(broken.error().detail, HasSubstr("crm.yaml:3:11: "));
}

TEST_F(DialectFolder, GivesNothingElseAway) {
    EXPECT_THAT(named("../crm").error().message, "'../crm' is not a dialect's name");
    EXPECT_THAT(named("").error().message, "'' is not a dialect's name");
    EXPECT_THAT(named("crm").error().message, "there is no dialect 'crm'");
    EXPECT_THAT(fileOf("", "crm").error().hint, HasSubstr("a folder of dialect files is not configured"));
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe.yaml").c_str(), 0600), 0);
    EXPECT_THAT(named("pipe").error().message, HasSubstr("is no dialect file"));
    std::filesystem::create_directory(folder_.path() / "folder.yaml");
    EXPECT_THAT(named("folder").error().message, HasSubstr("is no dialect file"));
    write("huge.yaml", std::string(5 * 1024 * 1024, '#'));
    EXPECT_THAT(named("huge").error().message, HasSubstr("is no dialect file"));
}

TEST_F(DialectFolder, IsCheckedAsAWhole) {
    write("a.yaml", "extends: generic\n");
    write("b.yaml", "extends: generic\nx: 1\ny: 2\n");
    write("C.yaml", "extends: generic\n");
    write("notes.txt", "not looked at");
    std::vector<std::string> messages;
    for (const Error& error : checkFolder(folder_.path())) {
        messages.push_back(error.message);
    }
    EXPECT_THAT(messages, ElementsAre("'C' is not a dialect's name", "b.yaml:2:1: unknown key 'x'",
                                      "b.yaml:3:1: unknown key 'y'"));
    EXPECT_THAT(checkFolder("/nowhere").front().message, HasSubstr("cannot read the folder '/nowhere'"));
}

/// Replay: the seed is the test's parameter.
class BrokenDialectFiles : public testing::TestWithParam<unsigned> {};

TEST_P(BrokenDialectFiles, AreErrorsAndNoCrash) {
    const std::string text = textOf("resources/dialects/postgresql.yaml");
    ASSERT_TRUE(readFile(text, "x.yaml", "x").errors.empty()) << readFile(text, "x.yaml", "x").errors[0].describe();
    std::mt19937 random(GetParam());
    const std::string characters = "{}[]:,'\"#&*!|>-\n \t?0x\xff";
    for (int round = 0; round < 150; ++round) {
        std::string broken = text;
        for (unsigned change = 0; change <= random() % 4; ++change) {
            const std::size_t at = random() % broken.size();
            switch (random() % 3) {
                case 0:
                    broken[at] = characters[random() % characters.size()];
                    break;
                case 1:
                    broken.erase(at, random() % 40);
                    break;
                default:
                    broken.insert(at, broken.substr(random() % broken.size(), random() % 40));
            }
        }
        const FileReading read = readFile(broken, "x.yaml", "x");
        EXPECT_EQ(read.dialect == nullptr, !read.errors.empty());
        for (const Error& error : read.errors) {
            EXPECT_TRUE(error.message.starts_with("x.yaml")) << error.message;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BrokenDialectFiles, testing::Range(1U, 5U));

}  // namespace
}  // namespace tessera::dialect
