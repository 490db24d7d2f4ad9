#include "app/core/files/text_file.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QStringDecoder>
#include <QStringEncoder>
#include <array>
#include <utility>

namespace tessera::app {

namespace {

/// An editor's positions are 32 bits wide, and a text this large is data, not SQL.
constexpr qint64 kLargest = qint64{1} << 29U;

constexpr std::array<std::pair<TextEncoding, const char*>, 5> kNames{{
    {TextEncoding::kUtf8, "utf-8"},
    {TextEncoding::kUtf8WithMark, "utf-8-bom"},
    {TextEncoding::kUtf16LittleEndian, "utf-16le"},
    {TextEncoding::kUtf16BigEndian, "utf-16be"},
    {TextEncoding::kLatin1, "latin-1"},
}};

QByteArray markOf(TextEncoding encoding) {
    switch (encoding) {
        case TextEncoding::kUtf8WithMark:
            return QByteArrayLiteral("\xEF\xBB\xBF");
        case TextEncoding::kUtf16LittleEndian:
            return QByteArrayLiteral("\xFF\xFE");
        case TextEncoding::kUtf16BigEndian:
            return QByteArrayLiteral("\xFE\xFF");
        default:
            return {};
    }
}

QStringConverter::Encoding codecOf(TextEncoding encoding) {
    switch (encoding) {
        case TextEncoding::kUtf16LittleEndian:
            return QStringConverter::Utf16LE;
        case TextEncoding::kUtf16BigEndian:
            return QStringConverter::Utf16BE;
        case TextEncoding::kLatin1:
            return QStringConverter::Latin1;
        default:
            return QStringConverter::Utf8;
    }
}

QByteArray digestOf(const QByteArray& bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha1);
}

std::string quoted(const QString& path) {
    return "'" + path.toStdString() + "'";
}

/// None when the bytes are not of that encoding, or would not be the same when written.
std::optional<QString> decoded(const QByteArray& bytes, TextEncoding encoding) {
    QStringDecoder decoder(codecOf(encoding), QStringConverter::Flag::ConvertInitialBom);
    QString text = decoder.decode(QByteArrayView(bytes).sliced(markOf(encoding).size()));
    if (decoder.hasError() || text.contains(QChar(u'\0')) || !text.isValidUtf16()) {
        return std::nullopt;
    }
    return text;
}

std::optional<QByteArray> encoded(const QString& text, TextEncoding encoding) {
    QStringEncoder encoder(codecOf(encoding));
    QByteArray bytes = markOf(encoding) + QByteArray(encoder.encode(text));
    if (encoder.hasError()) {
        return std::nullopt;
    }
    return bytes;
}

/// The encoding by its mark, else UTF-8, else Latin-1, in which every byte is a character.
std::optional<std::pair<QString, TextEncoding>> textOf(const QByteArray& bytes) {
    for (const TextEncoding encoding :
         {TextEncoding::kUtf8WithMark, TextEncoding::kUtf16LittleEndian, TextEncoding::kUtf16BigEndian}) {
        if (bytes.startsWith(markOf(encoding))) {
            if (auto text = decoded(bytes, encoding)) {
                return std::pair(*std::move(text), encoding);
            }
            return std::nullopt;
        }
    }
    for (const TextEncoding encoding : {TextEncoding::kUtf8, TextEncoding::kLatin1}) {
        if (auto text = decoded(bytes, encoding)) {
            return std::pair(*std::move(text), encoding);
        }
    }
    return std::nullopt;
}

}  // namespace

QString encodingName(TextEncoding encoding) {
    for (const auto& [known, name] : kNames) {
        if (known == encoding) {
            return QLatin1String(name);
        }
    }
    return {};
}

TextEncoding encodingFromName(const QString& name) {
    for (const auto& [encoding, known] : kNames) {
        if (name == QLatin1String(known)) {
            return encoding;
        }
    }
    return TextEncoding::kUtf8;
}

LineEnd lineEndOf(const QString& text) {
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == u'\n') {
            return LineEnd::kLf;
        }
        if (text[i] == u'\r') {
            return i + 1 < text.size() && text[i + 1] == u'\n' ? LineEnd::kCrLf : LineEnd::kCr;
        }
    }
    return LineEnd::kLf;
}

FileStamp stampOf(const QString& path) {
    const QFileInfo info(path);
    return info.exists() ? FileStamp{info.size(), info.lastModified()} : FileStamp{};
}

Result<TextFile> readTextFile(const QString& path) {
    TextFile read;
    // Before the bytes: what is written meanwhile is seen the next time.
    read.stamp = stampOf(path);
    if (read.stamp.size < 0) {
        return fail(ErrorCode::kNotFound, quoted(path) + " is not there any more", "open it from where it is now");
    }
    if (read.stamp.size > kLargest) {
        return fail(ErrorCode::kInvalidArgument, quoted(path) + " is larger than 512 MiB, which the editor cannot hold",
                    "run it with 'tessera query --file', or split it");
    }
    QFile file(path);
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly)) {
        return fail(ErrorCode::kPermissionDenied,
                    "cannot read " + quoted(path) + ": " +
                        (QFileInfo(path).isFile() ? file.errorString().toStdString() : "it is no file"));
    }
    const QByteArray bytes = file.readAll();
    if (file.error() != QFileDevice::NoError) {
        return fail(ErrorCode::kUnavailable, "cannot read " + quoted(path) + ": " + file.errorString().toStdString());
    }
    auto text = textOf(bytes);
    if (!text) {
        return fail(ErrorCode::kInvalidArgument, quoted(path) + " is no text",
                    "it has zero bytes, or is not in the encoding that its first bytes say");
    }
    std::tie(read.text, read.encoding) = *std::move(text);
    read.digest = digestOf(bytes);
    return read;
}

Result<TextFile> writeTextFile(const QString& path, const QString& text, TextEncoding encoding) {
    const auto bytes = encoded(text, encoding);
    if (!bytes) {
        return fail(
            ErrorCode::kInvalidArgument,
            quoted(path) + " is in " + encodingName(encoding).toStdString() + ", which lacks a character of the text",
            "save it in UTF-8");
    }
    QSaveFile file(path);
    const qint64 written = file.open(QIODevice::WriteOnly) ? file.write(*bytes) : -1;
    if (written >= 0 && written < bytes->size()) {
        return fail(ErrorCode::kUnavailable, "cannot save " + quoted(path) + ": the disk is full");
    }
    if (written < 0 || !file.commit()) {
        return fail(ErrorCode::kUnavailable, "cannot save " + quoted(path) + ": " + file.errorString().toStdString());
    }
    return TextFile{{}, encoding, digestOf(*bytes), stampOf(path)};
}

}  // namespace tessera::app
