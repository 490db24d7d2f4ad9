/// README.md's quick start of two nodes and one table out of two CSV files: its own commands, in a copy of its folder.

#include "common/net.h"
#include "common/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace tessera {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Quickstart : public testing::Test {
  protected:
    /// At ports that are free.
    void SetUp() override {
        fs::copy(TESSERA_SOURCE_DIR "/resources/quickstart", folder(), fs::copy_options::recursive);
        // The nodes are of another user when root starts them.
        fs::permissions(folder_.path(), fs::perms(0777));
        fs::permissions(folder(), fs::perms(0777));
        for (const char* written : {"7710", "7720"}) {
            const auto port = freeLoopbackPort();
            ASSERT_TRUE(port) << port.error().describe();
            for (const auto& entry : fs::directory_iterator(folder())) {
                if (entry.path().extension() == ".yaml") {
                    writeFile(entry.path(), replaced(readFile(entry.path()), written, std::to_string(*port)));
                }
            }
        }
    }

    static std::string replaced(std::string text, const std::string& what, const std::string& by) {
        for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
            text.replace(at, what.size(), by);
        }
        return text;
    }

    fs::path folder() const { return folder_.path() / "quickstart"; }

    /// The lines of the section that begin so.
    static std::vector<std::string> commands(const std::string& begin) {
        const std::string readme = readFile(TESSERA_SOURCE_DIR "/README.md");
        std::istringstream section(readme.substr(readme.find("### Two files, one table")));
        std::vector<std::string> found;
        for (std::string line; std::getline(section, line) && line.rfind("## ", 0) != 0;) {
            if (line.rfind(begin, 0) == 0) {
                found.push_back(line);
            }
        }
        return found;
    }

    ProcessOptions inShell(const std::string& command) const {
        return {.arguments = {"sh", "-c",
                              "PATH=" TESSERA_BUILD_DIR "/bin:$PATH TESSERA_MESH=$PWD/mesh.yaml; export "
                              "PATH TESSERA_MESH; " +
                                  command},
                .environment = {{"PWD", folder().string()}},
                .working_directory = folder()};
    }

    TemporaryDirectory folder_;
};

TEST_F(Quickstart, TheReadmesCommandsMakeOneTableOfTwoFiles) {
    const std::vector<std::string> nodes = commands("tessera-node run");
    ASSERT_EQ(nodes.size(), 2U);
    std::vector<Process> running;
    for (const std::string& command : nodes) {
        ProcessOptions options = inShell("exec " + command);
        options.standard_error = ProcessOutput::capture();
        auto started = Process::start(options);
        ASSERT_TRUE(started) << started.error().describe();
        running.push_back(std::move(*started));
    }
    for (const Process& node : running) {
        EXPECT_TRUE(
            waitUntil([&] { return node.capturedError().find("node.ready") != std::string::npos; }, seconds(60)))
            << node.capturedError();
    }
    std::vector<std::string> answers;
    for (const std::string& command : commands("tessera ")) {
        const auto done = run(inShell(command), seconds(60));
        ASSERT_TRUE(done) << done.error().describe();
        EXPECT_EQ(done->status.exit_code, 0) << command << "\n" << done->error;
        answers.push_back(done->output);
    }
    ASSERT_EQ(answers.size(), 4U);
    EXPECT_THAT(answers[0], AllOf(HasSubstr("people.users"), HasSubstr("created")));
    EXPECT_THAT(answers[1],
                AllOf(HasSubstr(" Germany │     2 │ 2022-01-08"), HasSubstr(" Poland  │     1 │ 2018-09-17")));
    EXPECT_THAT(answers[2], AllOf(HasSubstr("files.users_a_to_l"), HasSubstr("files.users_m_to_z")));
    EXPECT_THAT(answers[3], AllOf(HasSubstr("_s1_"), Not(HasSubstr("_s0_"))));
}

}  // namespace
}  // namespace tessera
