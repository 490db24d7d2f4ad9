// SPDX-License-Identifier: GPL-3.0-or-later
// Goal: what is being written of endpoints, jobs and queries is there after kill -9. Method: this program once more, as
// a process that writes into the parent's profile until it is killed at a moment of the seed's; then the window over
// the same profile.
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/endpoints/endpoint_editor.h"
#include "app/workbench/jobs/editor/job_editor.h"
#include "app/workbench/testing/window_fixture.h"
#include "tests/support/seed.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QProcessEnvironment>
#include <QPushButton>
#include <cstdio>
#include <random>

namespace tessera::workbench {
namespace {

constexpr const char* kProfileOfParent = "TESSERA_TEST_PROFILE";
constexpr int kDeadline_ms = 120'000;

class KilledWorkbenchTest : public MainWindowTest {
  protected:
    void SetUp() override {
        // The process that is killed has a folder of its own, but the parent's profile.
        if (qEnvironmentVariableIsSet(kProfileOfParent)) {
            ASSERT_TRUE(
                QFile::link(qEnvironmentVariable(kProfileOfParent), directory_.filePath(QStringLiteral("profile"))));
        }
        MainWindowTest::SetUp();
    }

    EndpointEditor& endpoint() { return *window_->endpointEditors().front(); }

    /// Numbers behind numbers, until the end comes from without. Says which are on the disk.
    [[noreturn]] void writeUntilKilled() {
        typeAndRun("select 1 as never_run");
        tab().editor().setText(QStringLiteral("select 7 as kept"));
        window_->findChild<QAction*>(QStringLiteral("publishQueryAction"))->trigger();
        QTest::keyClick(window_.get(), Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::mouseClick(window_->tabs().currentWidget()->findChild<QPushButton*>(QStringLiteral("newJobButton")),
                          Qt::LeftButton);
        auto* text = endpoint().findChild<SqlEditor*>(QStringLiteral("endpointText"));
        const QString journal = directory_.filePath(QStringLiteral("profile/drafts/drafts-1.json"));
        int kept = 0;
        for (int number = 1;; ++number) {
            text->setCaret(text->utf8Size());
            text->insert(QStringLiteral("\n-- %1 --").arg(number));
            window_->jobEditors().front()->draft().change("documentation", [&](app::YamlDocument& document) {
                document.set("documentation", "written " + std::to_string(number) + " times");
            });
            app::processPendingEvents();
            QFile file(journal);
            const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
            for (int known = kept + 1; known <= number; ++known) {
                if (bytes.contains(QByteArray("-- " + QByteArray::number(known) + " --"))) {
                    kept = known;
                    std::printf("kept %d\n", known);
                    std::fflush(stdout);
                }
            }
        }
    }
};

TEST_F(KilledWorkbenchTest, DocumentsThatWereBeingWrittenAreThere) {
    if (qEnvironmentVariableIsSet(kProfileOfParent)) {
        writeUntilKilled();
    }
    std::mt19937 random(testSeed());
    window_.reset();
    const QString profile = directory_.filePath(QStringLiteral("profile"));
    ASSERT_TRUE(QDir(profile).removeRecursively());
    ASSERT_TRUE(QDir().mkpath(profile));
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QLatin1String(kProfileOfParent), profile);
    process.setProcessEnvironment(environment);
    process.setReadChannel(QProcess::StandardOutput);
    process.start(QCoreApplication::applicationFilePath(),
                  {QStringLiteral("--gtest_filter=KilledWorkbenchTest.DocumentsThatWereBeingWrittenAreThere")});
    ASSERT_TRUE(process.waitForStarted(kDeadline_ms));
    const int lines = 1 + static_cast<int>(random() % 40);
    int kept = 0;
    for (int seen = 0; seen < lines;) {
        ASSERT_TRUE(process.canReadLine() || process.waitForReadyRead(kDeadline_ms))
            << process.readAllStandardError().toStdString();
        while (seen < lines && process.canReadLine()) {
            const QByteArray line = process.readLine().trimmed();
            if (line.startsWith("kept ")) {
                kept = line.mid(5).toInt();
                ++seen;
            }
        }
    }
    process.kill();
    ASSERT_TRUE(process.waitForFinished(kDeadline_ms));
    EXPECT_EQ(process.exitStatus(), QProcess::CrashExit);

    start();
    ASSERT_EQ(window_->endpointEditors().size(), 1);
    const std::string& written = endpoint().draft().text();
    EXPECT_NE(written.find("select 7 as kept"), std::string::npos);
    // Every number up to one that is not before what was said to be kept, and none twice or torn.
    int last = 0;
    for (std::size_t at = written.find("\n-- "); at != std::string::npos; at = written.find("\n-- ", at + 1)) {
        EXPECT_EQ(written.substr(at, written.find('\n', at + 1) - at), "\n-- " + std::to_string(last + 1) + " --");
        ++last;
    }
    EXPECT_GE(last, kept);
    EXPECT_TRUE(endpoint().draft().isNew());
    ASSERT_EQ(window_->jobEditors().size(), 1);
    EXPECT_TRUE(window_->jobEditors().front()->draft().isNew());
    EXPECT_NE(window_->jobEditors().front()->draft().document().value("documentation").find("written "),
              std::string::npos);
}

}  // namespace
}  // namespace tessera::workbench
