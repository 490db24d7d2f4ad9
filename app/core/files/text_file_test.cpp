// Goal: what is read and written unchanged has the same bytes, and nothing another program wrote, nor what was there
// before a failure, is lost. Method: real files; a full disk is a limit on the size of files.
#include "app/core/files/text_document.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/file_size_limit.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

namespace tessera::app {
namespace {

class TextFileTest : public testing::Test {
  protected:
    void write(const QByteArray& bytes) const {
        QFile file(path_);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        ASSERT_EQ(file.write(bytes), bytes.size());
    }

    QByteArray bytes() const {
        QFile file(path_);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(not there)");
    }

    QTemporaryDir directory_;
    QString path_ = directory_.filePath(QStringLiteral("a.sql"));
};

TEST_F(TextFileTest, WhatIsWrittenUnchangedHasTheSameBytes) {
    const QByteArray utf16 = QByteArrayLiteral("\xFF\xFE") + QByteArray("s\0\xE9\0\r\0\n\0", 8);
    const std::vector<std::pair<QByteArray, TextEncoding>> files{
        {"", TextEncoding::kUtf8},
        {"select 'é😀';\nselect 2", TextEncoding::kUtf8},
        {"a\r\nb\nc\rd\r\n", TextEncoding::kUtf8},
        {"\xEF\xBB\xBFselect 1;\r\n", TextEncoding::kUtf8WithMark},
        {"\xEF\xBB\xBF\xEF\xBB\xBFselect 1", TextEncoding::kUtf8WithMark},
        {utf16, TextEncoding::kUtf16LittleEndian},
        {QByteArrayLiteral("\xFE\xFF") + QByteArray("\0s\0\xE9", 4), TextEncoding::kUtf16BigEndian},
        {"select 'caf\xE9\x80';", TextEncoding::kLatin1},
    };
    for (const auto& [before, encoding] : files) {
        write(before);
        const auto read = readTextFile(path_);
        ASSERT_TRUE(read) << read.error().describe();
        EXPECT_EQ(read->encoding, encoding);
        EXPECT_EQ(encodingFromName(encodingName(read->encoding)), encoding);
        const auto written = writeTextFile(path_, read->text, read->encoding);
        ASSERT_TRUE(written) << written.error().describe();
        EXPECT_EQ(bytes(), before);
        EXPECT_EQ(written->digest, read->digest);
    }
}

TEST_F(TextFileTest, TheFirstLineSaysHowLinesEnd) {
    EXPECT_EQ(lineEndOf(QStringLiteral("a\r\nb\n")), LineEnd::kCrLf);
    EXPECT_EQ(lineEndOf(QStringLiteral("a\rb")), LineEnd::kCr);
    EXPECT_EQ(lineEndOf(QStringLiteral("a\nb\r\n")), LineEnd::kLf);
    EXPECT_EQ(lineEndOf(QStringLiteral("a")), LineEnd::kLf);
}

TEST_F(TextFileTest, WhatIsNoTextIsRefused) {
    write(
        QByteArray("\x7F"
                   "ELF\0\0",
                   6));
    const auto read = readTextFile(path_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    // A lone half of a pair has no UTF-8: the editor would change it.
    write(QByteArray("\xFF\xFE\x3D\xD8", 4));
    EXPECT_FALSE(readTextFile(path_));
    EXPECT_EQ(readTextFile(directory_.filePath(QStringLiteral("gone.sql"))).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(readTextFile(directory_.path()));
}

TEST_F(TextFileTest, ACharacterThatTheEncodingLacksLeavesTheFileAsItWas) {
    write("caf\xE9");
    const auto written = writeTextFile(path_, QStringLiteral("10 €"), TextEncoding::kLatin1);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(bytes(), "caf\xE9");
}

TEST_F(TextFileTest, AFullDiskLeavesTheFileAsItWas) {
    write("select 1;\n");
    {
        const FileSizeLimit limit(4096);
        const auto written = writeTextFile(path_, QString(100'000, u'x'), TextEncoding::kUtf8);
        ASSERT_FALSE(written);
        EXPECT_TRUE(written.error().message.ends_with("the disk is full")) << written.error().message;
    }
    EXPECT_EQ(bytes(), "select 1;\n");
    EXPECT_TRUE(writeTextFile(path_, QString(100'000, u'x'), TextEncoding::kUtf8));
}

TEST_F(TextFileTest, WhatAnotherProgramWroteIsNoticedAndNotOverwritten) {
    write("mine");
    TextDocument document;
    QSignalSpy saved(&document, &TextDocument::saved);
    QSignalSpy changed(&document, &TextDocument::changedOnDisk);
    document.adopt(path_, *readTextFile(path_));
    write("theirs");
    ASSERT_TRUE(processEventsUntil([&] { return changed.size() == 1; }));
    EXPECT_EQ(changed[0][0].value<TextFile>().text, QStringLiteral("theirs"));
    document.save(QStringLiteral("mine 2"), TextDocument::Overwrite::kOnlyWhatWasRead);
    ASSERT_TRUE(processEventsUntil([&] { return changed.size() == 2; }));
    EXPECT_TRUE(changed[1][1].toBool());
    EXPECT_EQ(bytes(), "theirs");
    document.accept(changed[1][0].value<TextFile>());
    document.save(QStringLiteral("mine 2"), TextDocument::Overwrite::kOnlyWhatWasRead);
    ASSERT_TRUE(processEventsUntil([&] { return saved.size() == 1; }));
    EXPECT_EQ(bytes(), "mine 2");
    // What it wrote itself is no change.
    document.check();
    EXPECT_FALSE(processEventsUntil([&] { return changed.size() > 2; }, 500));
}

TEST_F(TextFileTest, AFileThatIsGoneIsToldOnceAndCanBeSavedAgain) {
    write("mine");
    TextDocument document;
    const QSignalSpy vanished(&document, &TextDocument::vanished);
    const QSignalSpy saved(&document, &TextDocument::saved);
    document.adopt(path_, *readTextFile(path_));
    ASSERT_TRUE(QFile::remove(path_));
    ASSERT_TRUE(processEventsUntil([&] { return vanished.size() == 1; }));
    document.check();
    EXPECT_FALSE(processEventsUntil([&] { return vanished.size() > 1; }, 300));
    document.save(QStringLiteral("mine"), TextDocument::Overwrite::kOnlyWhatWasRead);
    ASSERT_TRUE(processEventsUntil([&] { return saved.size() == 1; }));
    EXPECT_EQ(bytes(), "mine");
}

}  // namespace
}  // namespace tessera::app
