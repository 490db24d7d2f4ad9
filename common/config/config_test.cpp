#include "common/config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tessera::config {
namespace {

using testing::HasSubstr;
using testing::Not;

const Schema& schema() {
    static const Schema instance{
        "Test",
        "Introduction.",
        {
            {.name = "node", .type = PropertyType::kText, .doc = "Its name.", .required = true, .example = "lake"},
            {.name = "port", .type = PropertyType::kInteger, .default_value = "10", .least = 1, .most = 20},
            {.name = "strict", .type = PropertyType::kBoolean, .default_value = "true"},
            {.name = "mode", .type = PropertyType::kText, .default_value = "fast", .choices = {"fast", "safe"}},
            {.name = "data", .type = PropertyType::kPath},
            {.name = "listen", .type = PropertyType::kAddress},
            {.name = "password", .type = PropertyType::kSecret},
            {.name = "names", .type = PropertyType::kTextList},
            {.name = "options", .type = PropertyType::kTextMap},
            {.name = "credentials", .type = PropertyType::kSecretMap},
            {.name = "limits",
             .type = PropertyType::kSection,
             .children = {{.name = "rows", .type = PropertyType::kInteger, .default_value = "7"}}},
            {.name = "sources",
             .type = PropertyType::kSectionList,
             .children = {{.name = "name", .type = PropertyType::kText, .required = true}}},
        }};
    return instance;
}

Result<Section> read(const std::string& text) {
    return parse(text, "t.yaml", "/etc/t", schema(), {.arguments = {{"who", "ann"}}});
}

TEST(Config, ReadsEveryType) {
    const auto result = read(R"(node: lake
port: 12
strict: false
data: data/x
listen: 127.0.0.1:7410
password: "p w"
names: [a, b]
options: {k: v, n: 3}
credentials: {user: u}
limits: {rows: 9}
sources:
  - name: one
  - {name: two}
)");
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->text("node"), "lake");
    EXPECT_EQ(result->integer("port"), 12);
    EXPECT_FALSE(result->boolean("strict"));
    EXPECT_EQ(result->path("data"), "/etc/t/data/x");
    EXPECT_EQ(result->address("listen"), "127.0.0.1:7410");
    EXPECT_EQ(result->secret("password").reveal(), "p w");
    EXPECT_EQ(result->list("names"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(result->map("options"), (TextMap{{"k", "v"}, {"n", "3"}}));
    EXPECT_EQ(result->secrets("credentials").front().second.reveal(), "u");
    EXPECT_EQ(result->section("limits").integer("rows"), 9);
    ASSERT_EQ(result->sections("sources").size(), 2u);
    EXPECT_EQ(result->sections("sources")[1].text("name"), "two");
    EXPECT_EQ(result->sections("sources")[1].where("name"), "t.yaml:13:12");
}

TEST(Config, AbsentPropertiesHaveTheirDefaults) {
    const auto result = read("node: lake");
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->integer("port"), 10);
    EXPECT_EQ(result->section("limits").integer("rows"), 7);
    EXPECT_FALSE(result->has("data"));
    EXPECT_TRUE(result->has("mode"));
    EXPECT_TRUE(result->sections("sources").empty());
}

struct BadCase {
    const char* text;
    const char* message;
    const char* hint;
};

class BadConfig : public testing::TestWithParam<BadCase> {};

TEST_P(BadConfig, SaysWhereWhatAndWhatToDo) {
    const auto result = read(GetParam().text);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code == ErrorCode::kInvalidArgument || result.error().code == ErrorCode::kUnimplemented,
              true);
    EXPECT_THAT(result.error().message, HasSubstr(GetParam().message));
    EXPECT_THAT(result.error().hint, HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadConfig,
    testing::Values(
        BadCase{"node: a\nsorces: []", "t.yaml:2:1: unknown key 'sorces'", "did you mean 'sources'?"},
        BadCase{"node: a\nlimits:\n  rowz: 1", "t.yaml:3:3: unknown key 'rowz'", "did you mean 'rows'?"},
        BadCase{"port: 3", "t.yaml:1:1: 'node' is missing in the file", "for example: lake"},
        BadCase{"node: a\nsources:\n  - {}", "t.yaml:3:5: 'name' is missing in an entry of 'sources'", ""},
        BadCase{"node: a\nport: ten", "t.yaml:2:7: 'port' must be an integer, and is 'ten'", ""},
        BadCase{"node: a\nport: 0x5", "'port' must be an integer", ""},
        BadCase{"node: a\nport: 21", "t.yaml:2:7: 'port' must be at least 1 and at most 20, and is 21", ""},
        BadCase{"node: a\nstrict: yes", "'strict' must be true or false, and is 'yes'", ""},
        BadCase{"node: a\nmode: fats", "'mode' cannot be 'fats'", "did you mean 'fast'?"},
        BadCase{"node: [a]", "t.yaml:1:7: 'node' must be a single value, and is a list", ""},
        BadCase{"node:", "'node' must be a single value, and is empty", ""},
        BadCase{"node: a\nsources: x", "'sources' must be a list, and is a single value", "'- '"},
        BadCase{"node: a\noptions: [x]", "'options' must be a map of names to texts, and is a list", "{}"},
        BadCase{"node: a\nlimits: 3", "'limits' must be a section of keys and values, and is a single value", ""},
        BadCase{"node: a\nlisten: 7410", "'listen' must be host:port, and is '7410'", "127.0.0.1:7410"},
        BadCase{"node: a\nlisten: h:99999", "'listen' must be host:port", ""},
        BadCase{"node: a\nnode: b", "t.yaml:2:1: the key 'node' stands here a second time", ""},
        BadCase{"node: 'a", "t.yaml:1:9: this is not valid YAML", ""},
        BadCase{"- a", "the file must be a section of keys and values, and is a list", ""},
        BadCase{"", "the file must be a section of keys and values, and is empty", ""},
        BadCase{"node: ${env:TESSERA_NO_SUCH}", "t.yaml:1:7: the environment has no variable 'TESSERA_NO_SUCH'",
                "set it"},
        BadCase{"node: ${file:no/such}", "cannot read '/etc/t/no/such' of ${file:no/such}: No such file", "readable"},
        BadCase{"node: ${arg:whom}", "no argument 'whom' was given", "--arg whom=VALUE"},
        BadCase{"node: ${vault:kv/x}", "${vault:kv/x} is not possible in this file", "${file:"},
        BadCase{"node: ${command:}", "${command:} names no program", ""},
        BadCase{"node: ${command:/nowhere/x}", "cannot run ${command:/nowhere/x}", ""},
        BadCase{"node: ${command:false}", "the program of ${command:false} ended with exit code 1", ""},
        BadCase{"node: ${evn:X}", "'${evn:X}' is of no known kind", "did you mean 'env'?"},
        BadCase{"node: ${open", "'${' begins no reference", "$${"}));

TEST(Config, ReferencesAreReplacedAnywhereInAValue) {
    ASSERT_EQ(setenv("TESSERA_CONFIG_TEST", "sea", 1), 0);
    const auto result = read("node: the-${env:TESSERA_CONFIG_TEST}-of-${arg:who}-$${x}");
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->text("node"), "the-sea-of-ann-${x}");
}

TEST(Config, CommandsGiveWhatTheyPrint) {
    const auto result = parse("node: ${command:/bin/echo  a b}", "t.yaml", "/", schema());
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->text("node"), "a b");
    // No shell reads it.
    const auto plain = parse("node: ${command:/bin/echo $HOME;x}", "t.yaml", "/", schema());
    ASSERT_TRUE(plain) << plain.error().describe();
    EXPECT_EQ(plain->text("node"), "$HOME;x");
}

TEST(Config, TheVaultIsTheProgramsOwn) {
    const auto vault = [](const std::string& name) -> Result<std::string> {
        return name == "kv/data/crm#password" ? Result<std::string>("from " + name)
                                              : fail(ErrorCode::kNotFound, "there is no such secret");
    };
    const auto result = parse("node: ${vault:kv/data/crm#password}", "t.yaml", "/", schema(), {.vault = vault});
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->text("node"), "from kv/data/crm#password");
    EXPECT_THAT(show(*result), Not(HasSubstr("from kv")));
    const auto missing = parse("node: ${vault:kv/x}", "t.yaml", "/", schema(), {.vault = vault});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "t.yaml:1:7: ${vault:kv/x}: there is no such secret");
}

TEST(Config, StrangersFilesAreNotExpanded) {
    const auto result = parse("node: ${env:HOME}", "t.yaml", "/", schema(), {.are_expanded = false});
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->text("node"), "${env:HOME}");
}

TEST(Config, FileReferencesLoseTheirLastLineBreakAndStartAtTheFilesFolder) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "tessera_config_test";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "password") << "hunter2\n";
    std::ofstream(folder / "t.yaml") << "node: a\npassword: ${file:password}\n";
    const auto result = load(folder / "t.yaml", schema());
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->secret("password").reveal(), "hunter2");
    std::filesystem::remove_all(folder);
}

TEST(Config, AMissingFileIsNamed) {
    const auto result = load("/no/such/t.yaml", schema());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(result.error().message, "cannot read the configuration '/no/such/t.yaml': No such file or directory");
}

TEST(Config, ShowHidesSecretsMarksDefaultsAndReadsBack) {
    const auto result = read(
        "node: ${arg:who}\npassword: hunter2\ncredentials: {user: hunter2}\noptions: {a: 'x y'}\n"
        "sources: [{name: one}, {name: 'two: 2'}]\nnames: []");
    ASSERT_TRUE(result) << result.error().describe();
    const std::string text = show(*result);
    EXPECT_THAT(text, HasSubstr("node: \"${arg:who}\"\n"));
    EXPECT_THAT(text, HasSubstr("port: 10  # default\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("hunter2")));
    const auto again = read(text);
    ASSERT_TRUE(again) << again.error().describe() << text;
    EXPECT_EQ(again->sections("sources")[1].text("name"), "two: 2");
    EXPECT_EQ(again->map("options"), result->map("options"));
}

TEST(Config, ReferencePageHasEveryPropertyAndItsLimits) {
    const std::string page = referencePage(schema());
    EXPECT_THAT(page, HasSubstr("# Test\n\nIntroduction.\n"));
    EXPECT_THAT(page, HasSubstr("| `port` | integer, 1 to 20 | `10` |"));
    EXPECT_THAT(page, HasSubstr("| `node` | text | *required* | Its name. Example: `lake`. |"));
    EXPECT_THAT(page, HasSubstr("## `sources[]`"));
}

TEST(Config, AMisspeltKeyIsNotMissingToo) {
    const Reading reading = parseAll("nod: a", "n.yaml", "/", schema());
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_EQ(reading.errors[0].message, "n.yaml:1:1: unknown key 'nod'");
    EXPECT_EQ(reading.errors[0].hint, "did you mean 'node'?");
}

TEST(Config, AllThatIsWrongAtOnce) {
    const Reading reading = parseAll(R"(port: many
strict: perhaps
lists: []
sources:
  - title: crm
  - name: lake
limits: 7
)",
                                     "n.yaml", "/", schema());
    std::vector<std::string> messages;
    for (const Error& error : reading.errors) {
        messages.push_back(error.message);
    }
    EXPECT_THAT(messages,
                testing::ElementsAre(
                    "n.yaml:1:1: 'node' is missing in the file", "n.yaml:1:7: 'port' must be an integer, and is 'many'",
                    "n.yaml:2:9: 'strict' must be true or false, and is 'perhaps'", "n.yaml:3:1: unknown key 'lists'",
                    "n.yaml:5:5: unknown key 'title'", "n.yaml:5:5: 'name' is missing in an entry of 'sources'",
                    "n.yaml:7:9: 'limits' must be a section of keys and values, and is a single value"));
    // What is right can still be looked at.
    ASSERT_TRUE(reading.section);
    EXPECT_EQ(reading.section->sections("sources").at(1).text("name"), "lake");
    EXPECT_EQ(reading.section->integer("port"), 10);
    EXPECT_FALSE(parseAll("a: [", "n.yaml", "/", schema()).section);
}

}  // namespace
}  // namespace tessera::config
