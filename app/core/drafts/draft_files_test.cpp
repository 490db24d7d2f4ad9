#include "app/core/drafts/draft_files.h"

#include "app/core/testing/file_size_limit.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <random>

namespace tessera::app {
namespace {

DraftSet textsOf(std::initializer_list<QString> texts) {
    DraftSet set;
    for (const QString& text : texts) {
        set.drafts.push_back({QStringLiteral("Query"), text, QStringLiteral("lake")});
    }
    return set;
}

QString largeText(int lines) {
    QString text;
    for (int i = 0; i < lines; ++i) {
        text += QStringLiteral("INSERT INTO measurements VALUES (%1, 'é😀');\n").arg(i);
    }
    return text;
}

class DraftFilesTest : public testing::Test {
  protected:
    void write(DraftFiles& files, const DraftSet& set) {
        QString reason;
        ASSERT_TRUE(files.write(set, &reason)) << reason.toStdString();
    }

    QStringList textFiles() const { return QDir(directory_.path()).entryList({QStringLiteral("*.text")}, QDir::Files); }

    QTemporaryDir directory_;
    const QString path_ = directory_.filePath(QStringLiteral("drafts-1.json"));
};

TEST_F(DraftFilesTest, TypingInALargeTextWritesWhatWasTyped) {
    QString text = largeText(120'000);  // 5 MB
    ASSERT_GT(text.toUtf8().size(), 5'000'000);
    DraftFiles files(path_);
    write(files, textsOf({text, QStringLiteral("select 1")}));
    const std::uint64_t before = files.bytesWritten();
    EXPECT_GE(before, 5'000'000U);
    constexpr int kSaves = 20;
    for (int i = 0; i < kSaves; ++i) {
        text.insert(text.indexOf(QLatin1Char('\n'), text.size() / 2 + 1000 * i), QStringLiteral("typed €"));
        write(files, textsOf({text, QStringLiteral("select 1")}));
    }
    EXPECT_LE(files.bytesWritten() - before, kSaves * 100U);
    EXPECT_EQ(DraftFiles::read(path_), textsOf({text, QStringLiteral("select 1")}));
    // Nothing changed: nothing written.
    const std::uint64_t settled = files.bytesWritten();
    write(files, textsOf({text, QStringLiteral("select 1")}));
    EXPECT_EQ(files.bytesWritten(), settled);
}

TEST_F(DraftFilesTest, RandomChangesOfSeveralTabsComeBack) {
    constexpr unsigned kSeed = 31;
    std::mt19937 random(kSeed);
    const QString pieces[] = {QStringLiteral("a"), QStringLiteral("😀"), QStringLiteral("é€"),
                              QStringLiteral("select\n")};
    const QString large = largeText(2000);
    DraftSet set = textsOf({large, QStringLiteral("x"), large + QStringLiteral("y")});
    DraftFiles files(path_);
    for (int round = 0; round < 200; ++round) {
        QString& text = set.drafts[random() % set.drafts.size()].text;
        const auto at = static_cast<qsizetype>(random() % static_cast<unsigned>(text.size() + 1));
        switch (random() % 8) {
            case 0:
                text.remove(at, static_cast<qsizetype>(random() % 5000));
                break;
            case 1:
                std::swap(set.drafts[0], set.drafts[2]);
                break;
            case 2:
                text = large;
                break;
            default:
                text.insert(at, pieces[random() % 4]);
        }
        // What a removal or an insertion in the middle of a character leaves is none.
        text = QString::fromUtf8(text.toUtf8());
        write(files, set);
        ASSERT_EQ(DraftFiles::read(path_), set) << "seed " << kSeed << ", round " << round;
    }
    EXPECT_LE(textFiles().size(), 3);
    write(files, textsOf({QStringLiteral("select 1")}));
    EXPECT_TRUE(textFiles().isEmpty());
}

TEST_F(DraftFilesTest, ARecordThatWasCutOffIsLeftOut) {
    const QString text = largeText(2000);
    DraftFiles files(path_);
    write(files, textsOf({text}));
    write(files, textsOf({text + QStringLiteral("the first line\n")}));
    const QString kept = textFiles().front();
    const qint64 good = QFile(directory_.filePath(kept)).size();
    write(files, textsOf({text + QStringLiteral("the first line\nthe second line\n")}));
    QFile file(directory_.filePath(kept));
    for (qint64 size = file.size() - 1; size >= good; --size) {
        ASSERT_TRUE(file.resize(size));
        ASSERT_EQ(DraftFiles::read(path_), textsOf({text + QStringLiteral("the first line\n")})) << size;
    }
}

TEST_F(DraftFilesTest, ManyChangesArePutTogether) {
    QString text = largeText(2000);
    DraftFiles files(path_);
    for (int i = 0; i < 3 * DraftFiles::kRecordsMax; ++i) {
        text += QLatin1Char('x');
        write(files, textsOf({text}));
    }
    ASSERT_EQ(textFiles().size(), 1);
    QFile file(directory_.filePath(textFiles().front()));
    EXPECT_LE(file.size(), text.toUtf8().size() + DraftFiles::kRecordsMax * 40);
    EXPECT_EQ(DraftFiles::read(path_), textsOf({text}));
}

TEST_F(DraftFilesTest, AFullDiskLosesNothingThatWasWritten) {
    const QString text = largeText(4000);
    DraftFiles files(path_);
    write(files, textsOf({text}));
    {
        const FileSizeLimit limit(static_cast<std::uint64_t>(QFile(directory_.filePath(textFiles().front())).size()) +
                                  10);
        QString reason;
        EXPECT_FALSE(files.write(textsOf({text + QStringLiteral("more than there is room for")}), &reason));
        EXPECT_FALSE(reason.isEmpty());
        EXPECT_EQ(DraftFiles::read(path_), textsOf({text}));
    }
    write(files, textsOf({text + QStringLiteral("again")}));
    EXPECT_EQ(DraftFiles::read(path_), textsOf({text + QStringLiteral("again")}));
    EXPECT_EQ(textFiles().size(), 1);
}

}  // namespace
}  // namespace tessera::app
