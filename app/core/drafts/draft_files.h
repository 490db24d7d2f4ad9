#pragma once

/// The files of one slot of drafts. "drafts-1.json" says what tabs there are and holds their texts; a text above
/// kInlineMax has a file beside it ("drafts-1-7.text"), to which what changed is appended, so that typing in a large
/// text writes what was typed and not all of it.
///
/// Such a file is records "OFFSET REMOVED BYTES CHECKSUM\n", the bytes in UTF-8, "\n": at OFFSET, REMOVED UTF-16 units
/// are replaced by the bytes. The first record is a whole text. A record that is not whole is the last one of a program
/// that was killed, and left out. One thread at a time.

#include "app/core/drafts/draft.h"

#include <cstdint>
#include <vector>

namespace tessera::app {

class DraftFiles {
  public:
    /// UTF-16 units.
    static constexpr qsizetype kInlineMax = 32'000;
    /// Then a text is written whole again: so many are to be put together when it is read.
    static constexpr int kRecordsMax = 200;

    explicit DraftFiles(QString path) : path_(std::move(path)) {}

    /// What stands in the slot with that .json file. One that cannot be read is renamed, not lost.
    static DraftSet read(const QString& path);
    static void remove(const QString& path);

    /// Makes the slot hold this. Not done, with a reason: what was there before can still be read, up to texts that
    /// were written already.
    bool write(const DraftSet& set, QString* reason);

    /// All that was written so far.
    std::uint64_t bytesWritten() const { return bytes_written_; }

  private:
    struct TextFile {
        /// Without the folder; empty: there is none yet.
        QString name;
        /// What it holds.
        QString text;
        int records = 0;
        qint64 size = 0;
    };

    TextFile takeNearest(const QString& text);
    bool update(TextFile& file, const QString& text, QString* reason);
    bool writeWhole(TextFile& file, const QString& text, QString* reason);
    bool append(TextFile& file, const QString& text, QString* reason);

    const QString path_;
    QByteArray json_;
    std::vector<TextFile> files_;
    int last_number_ = 0;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace tessera::app
