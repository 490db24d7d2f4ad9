#include "app/core/drafts/draft_journal.h"

#include "app/core/testing/event_loop.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <cstdio>
#include <random>

namespace tessera::app {
namespace {

DraftSet oneDraft(const char* text) {
    return {{{QStringLiteral("Query 1"), QString::fromUtf8(text), QStringLiteral("lake")}}, 0};
}

class DraftJournalTest : public testing::Test {
  protected:
    std::unique_ptr<DraftJournal> open(const DraftSet& set = {}) {
        auto journal = DraftJournal::open(directory_.path(), [set] { return set; });
        return journal ? std::move(*journal) : nullptr;
    }

    QTemporaryDir directory_;
};

TEST_F(DraftJournalTest, TextComesBackAsItWas) {
    DraftSet set = oneDraft("select 'é😀';\n\t-- x");
    set.pages = {
        {QStringLiteral("table"), QStringLiteral("lake"), QStringLiteral("files"), QStringLiteral("é.\"x\""), 3, true},
        {QStringLiteral("mesh"), {}, {}, {}, 0, false}};
    set.drafts.push_back({QStringLiteral("Query 7"),
                          QStringLiteral("select 'closed'"),
                          QStringLiteral("lake"),
                          {},
                          {},
                          {},
                          3,
                          2,
                          true,
                          true});
    open(set)->flush();
    EXPECT_EQ(open()->restored(), set);
}

TEST_F(DraftJournalTest, ATouchIsSavedWithoutFlush) {
    const auto journal = open(oneDraft("select 1"));
    journal->touch();
    EXPECT_TRUE(
        processEventsUntil([&] { return QFile::exists(directory_.filePath(QStringLiteral("drafts-1.json"))); }));
}

TEST_F(DraftJournalTest, TwoWindowsNeverShareAFileAndNothingOfTheGoneOneIsLost) {
    auto first = open(oneDraft("first"));
    auto second = open(oneDraft("second"));
    EXPECT_TRUE(second->restored().drafts.empty());
    first->flush();
    second->flush();
    first.reset();
    second.reset();
    const auto third = open();
    ASSERT_EQ(third->restored().drafts.size(), 2U);
    EXPECT_EQ(third->restored().drafts[0].text, QStringLiteral("first"));
    EXPECT_EQ(third->restored().drafts[1].text, QStringLiteral("second"));
    EXPECT_FALSE(QFile::exists(directory_.filePath(QStringLiteral("drafts-2.json"))));
}

TEST_F(DraftJournalTest, ADamagedFileIsKeptBeside) {
    QFile file(directory_.filePath(QStringLiteral("drafts-1.json")));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("{\"drafts\": [ {\"text\": \"sel");
    file.close();
    EXPECT_TRUE(open()->restored().drafts.empty());
    EXPECT_TRUE(QFile::exists(file.fileName() + QStringLiteral(".damaged")));
}

TEST_F(DraftJournalTest, AFolderThatCannotBeMadeIsNamed) {
    QFile file(directory_.filePath(QStringLiteral("file")));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    const auto journal = DraftJournal::open(file.fileName() + QStringLiteral("/below"), [] { return DraftSet{}; });
    ASSERT_FALSE(journal);
    EXPECT_NE(journal.error().message.find("below"), std::string::npos);
}

constexpr auto kDraftsVariable = "TESSERA_TEST_DRAFTS";
/// How many characters stand in the text already.
constexpr auto kSizeVariable = "TESSERA_TEST_DRAFTS_SIZE";

/// What the killed program does: the test below starts itself in a process of its own, with this variable set. Types a
/// letter every 5 ms and says after each how many there are.
void typeUntilKilled() {
    QString text(qEnvironmentVariableIntValue(kSizeVariable), QLatin1Char('-'));
    const auto journal = DraftJournal::open(qEnvironmentVariable(kDraftsVariable), [&] {
        return DraftSet{{{QStringLiteral("Query 1"), text, {}}}, 0};
    });
    ASSERT_TRUE(journal);
    for (int i = 1;; ++i) {
        text += QLatin1Char('a');
        (*journal)->touch();
        std::printf("typed %d\n", i);
        std::fflush(stdout);
        QElapsedTimer key;
        key.start();
        while (key.elapsed() < 5) {
            processPendingEvents();
        }
    }
}

TEST(DraftJournal, AKillAtAnyMomentLosesAtMostTheLastSecond) {
    if (qEnvironmentVariableIsSet(kDraftsVariable)) {
        typeUntilKilled();
        return;
    }
    std::mt19937 random(11);
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds; ++round) {
        // Small texts and large ones are kept in different ways.
        const int size = round % 2 == 0 ? 0 : 1'000'000;
        QTemporaryDir folder;
        QProcess child;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QLatin1String(kDraftsVariable), folder.path());
        environment.insert(QLatin1String(kSizeVariable), QString::number(size));
        child.setProcessEnvironment(environment);
        child.start(QCoreApplication::applicationFilePath(),
                    {QStringLiteral("--gtest_filter=DraftJournal.AKillAtAnyMoment*")});
        ASSERT_TRUE(child.waitForStarted());
        // When each letter was heard of: a letter heard of more than a second before the kill must be there.
        std::vector<std::pair<qint64, int>> heard;
        ASSERT_TRUE(child.waitForReadyRead());
        QElapsedTimer clock;
        clock.start();
        const qint64 kill_at = 1300 + static_cast<qint64>(random() % 900);
        while (clock.elapsed() < kill_at) {
            child.waitForReadyRead(10);
            while (child.canReadLine()) {
                const QByteArray line = child.readLine();
                if (line.startsWith("typed ")) {
                    heard.emplace_back(clock.elapsed(), line.mid(6).trimmed().toInt());
                }
            }
        }
        const qint64 killed_at = clock.elapsed();
        child.kill();
        ASSERT_TRUE(child.waitForFinished());
        int promised = 0;
        for (const auto& [when, count] : heard) {
            promised = when < killed_at - 1000 ? count : promised;
        }
        const auto journal = DraftJournal::open(folder.path(), [] { return DraftSet{}; });
        ASSERT_TRUE(journal);
        const DraftSet& restored = (*journal)->restored();
        const qsizetype kept = restored.drafts.empty() ? 0 : restored.drafts[0].text.size() - size;
        EXPECT_GE(kept, promised) << "round " << round;
        EXPECT_FALSE(QFile::exists(folder.filePath(QStringLiteral("drafts-1.json.damaged"))));
        EXPECT_GT(heard.size(), 10U);
    }
}

}  // namespace
}  // namespace tessera::app
