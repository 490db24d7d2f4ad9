#include "app/core/drafts/draft_journal.h"

#include "app/core/testing/event_loop.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

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
    const DraftSet set = oneDraft("select 'é😀';\n\t-- x");
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

}  // namespace
}  // namespace tessera::app
