#pragma once

/// Text files as people have them: with or without a byte order mark, in UTF-8, UTF-16 or Latin-1, with any line ends.
/// What is read and written unchanged has the same bytes. Any thread.

#include "common/result.h"

#include <QByteArray>
#include <QDateTime>
#include <QString>

namespace tessera::app {

enum class TextEncoding { kUtf8, kUtf8WithMark, kUtf16LittleEndian, kUtf16BigEndian, kLatin1 };

/// As it is kept in files, and back; UTF-8 for what is none.
QString encodingName(TextEncoding encoding);
TextEncoding encodingFromName(const QString& name);

enum class LineEnd { kLf, kCrLf, kCr };

/// That of the text's first line; LF when it has only one.
LineEnd lineEndOf(const QString& text);

/// What tells, without reading it, that a file is as it was.
struct FileStamp {
    qint64 size = -1;
    QDateTime modified;

    bool operator==(const FileStamp&) const = default;
};

/// That of a file that is not there has the size -1.
FileStamp stampOf(const QString& path);

struct TextFile {
    QString text;
    TextEncoding encoding = TextEncoding::kUtf8;
    /// Of the bytes.
    QByteArray digest;
    FileStamp stamp;
};

/// kNotFound when it is not there, kInvalidArgument when it is no text.
Result<TextFile> readTextFile(const QString& path);

/// The whole file or nothing: a full disk leaves what was there. kInvalidArgument when the encoding lacks a character.
Result<TextFile> writeTextFile(const QString& path, const QString& text, TextEncoding encoding);

}  // namespace tessera::app
