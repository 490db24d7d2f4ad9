#include "app/core/drafts/draft_files.h"

#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>
#include <optional>
#include <utility>

namespace tessera::app {

namespace {

/// What has to be replaced in one text to make it another.
struct Change {
    qsizetype offset = 0;
    qsizetype removed = 0;
    qsizetype inserted = 0;
};

Change changeBetween(const QString& from, const QString& to) {
    const qsizetype shared = std::min(from.size(), to.size());
    qsizetype begin = std::mismatch(from.begin(), from.begin() + shared, to.begin()).first - from.begin();
    // Half of a character cannot be written.
    begin -= begin > 0 && from[begin - 1].isHighSurrogate() ? 1 : 0;
    const qsizetype rest = shared - begin;
    qsizetype end = std::mismatch(from.crbegin(), from.crbegin() + rest, to.crbegin()).first - from.crbegin();
    end -= end > 0 && from[from.size() - end].isLowSurrogate() ? 1 : 0;
    return {begin, from.size() - end - begin, to.size() - end - begin};
}

QByteArray record(qsizetype offset, qsizetype removed, QStringView text) {
    const QByteArray bytes = text.toUtf8();
    return QByteArray::number(offset) + ' ' + QByteArray::number(removed) + ' ' + QByteArray::number(bytes.size()) +
           ' ' + QByteArray::number(qChecksum(bytes)) + '\n' + bytes + '\n';
}

/// The text as of the last whole record.
QString readText(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray all = file.readAll();
    QString text;
    qsizetype at = 0;
    while (at < all.size()) {
        const qsizetype line_end = all.indexOf('\n', at);
        const QList<QByteArray> head = all.mid(at, std::max<qsizetype>(0, line_end - at)).split(' ');
        constexpr int kFields = 4;
        if (line_end < 0 || head.size() != kFields) {
            break;
        }
        const qsizetype offset = head[0].toLongLong();
        const qsizetype removed = head[1].toLongLong();
        const qsizetype size = head[2].toLongLong();
        if (offset < 0 || removed < 0 || removed > text.size() - offset || size < 0 ||
            size > all.size() - line_end - 2) {
            break;
        }
        const QByteArray bytes = all.mid(line_end + 1, size);
        if (qChecksum(bytes) != head[3].toUInt()) {
            break;
        }
        text.replace(offset, removed, QString::fromUtf8(bytes));
        at = line_end + 1 + size + 1;
    }
    return text;
}

/// `files`: of each draft the name of its text's file, empty when the text is to stand here.
QByteArray encoded(const DraftSet& set, const std::vector<QString>& files) {
    QJsonArray drafts;
    for (std::size_t i = 0; i < set.drafts.size(); ++i) {
        const Draft& draft = set.drafts[i];
        QJsonObject kept{{QStringLiteral("title"), draft.title}, {QStringLiteral("node"), draft.node}};
        if (files[i].isEmpty()) {
            kept.insert(QStringLiteral("text"), draft.text);
        } else {
            kept.insert(QStringLiteral("textFile"), files[i]);
        }
        if (!draft.file.isEmpty()) {
            kept.insert(QStringLiteral("file"), draft.file);
            kept.insert(QStringLiteral("encoding"), draft.encoding);
            kept.insert(QStringLiteral("digest"), draft.digest);
        }
        if (draft.saved_query != 0) {
            kept.insert(QStringLiteral("query"), draft.saved_query);
            kept.insert(QStringLiteral("revision"), draft.revision);
        }
        if (draft.is_modified) {
            kept.insert(QStringLiteral("modified"), true);
        }
        if (draft.is_closed) {
            kept.insert(QStringLiteral("closed"), true);
        }
        drafts.append(kept);
    }
    QJsonArray pages;
    for (const PageDraft& page : set.pages) {
        pages.append(QJsonObject{{QStringLiteral("kind"), page.kind},
                                 {QStringLiteral("node"), page.node},
                                 {QStringLiteral("schema"), page.schema},
                                 {QStringLiteral("table"), page.table},
                                 {QStringLiteral("position"), page.position},
                                 {QStringLiteral("current"), page.is_current}});
    }
    QJsonArray documents;
    for (const DocumentText& one : set.documents) {
        documents.append(QJsonObject{{QStringLiteral("kind"), one.kind},
                                     {QStringLiteral("name"), one.name},
                                     {QStringLiteral("version"), one.version},
                                     {QStringLiteral("saved"), one.saved},
                                     {QStringLiteral("text"), one.text},
                                     {QStringLiteral("position"), one.position},
                                     {QStringLiteral("current"), one.is_current}});
    }
    const QJsonObject document{{QStringLiteral("version"), 1},
                               {QStringLiteral("current"), set.current},
                               {QStringLiteral("drafts"), drafts},
                               {QStringLiteral("pages"), pages},
                               {QStringLiteral("documents"), documents}};
    return QJsonDocument(document).toJson(QJsonDocument::Compact);
}

DraftSet decoded(const QByteArray& bytes, const QString& folder) {
    const QJsonObject document = QJsonDocument::fromJson(bytes).object();
    DraftSet set;
    set.current = document.value(QStringLiteral("current")).toInt();
    for (const QJsonValue& value : document.value(QStringLiteral("drafts")).toArray()) {
        const QJsonObject draft = value.toObject();
        // Only a name: what a file says does not lead out of its folder.
        const QString file = QFileInfo(draft.value(QStringLiteral("textFile")).toString()).fileName();
        set.drafts.push_back(
            {draft.value(QStringLiteral("title")).toString(),
             file.isEmpty() ? draft.value(QStringLiteral("text")).toString()
                            : readText(folder + QLatin1Char('/') + file),
             draft.value(QStringLiteral("node")).toString(), draft.value(QStringLiteral("file")).toString(),
             draft.value(QStringLiteral("encoding")).toString(), draft.value(QStringLiteral("digest")).toString(),
             draft.value(QStringLiteral("query")).toInteger(), draft.value(QStringLiteral("revision")).toInteger(),
             draft.value(QStringLiteral("modified")).toBool(), draft.value(QStringLiteral("closed")).toBool()});
    }
    for (const QJsonValue& value : document.value(QStringLiteral("pages")).toArray()) {
        const QJsonObject page = value.toObject();
        set.pages.push_back(
            {page.value(QStringLiteral("kind")).toString(), page.value(QStringLiteral("node")).toString(),
             page.value(QStringLiteral("schema")).toString(), page.value(QStringLiteral("table")).toString(),
             page.value(QStringLiteral("position")).toInt(), page.value(QStringLiteral("current")).toBool()});
    }
    for (const QJsonValue& value : document.value(QStringLiteral("documents")).toArray()) {
        const QJsonObject one = value.toObject();
        set.documents.push_back(
            {one.value(QStringLiteral("kind")).toString(), one.value(QStringLiteral("name")).toString(),
             one.value(QStringLiteral("version")).toInteger(), one.value(QStringLiteral("saved")).toString(),
             one.value(QStringLiteral("text")).toString(), one.value(QStringLiteral("position")).toInt(),
             one.value(QStringLiteral("current")).toBool()});
    }
    return set;
}

QString textFilePattern(const QString& path) {
    return QFileInfo(path).completeBaseName() + QStringLiteral("-*.text");
}

/// All texts of the slot but these.
void removeTexts(const QString& path, const std::vector<QString>& kept) {
    QDir folder(QFileInfo(path).path());
    for (const QString& name : folder.entryList({textFilePattern(path)}, QDir::Files)) {
        if (std::find(kept.begin(), kept.end(), name) == kept.end()) {
            folder.remove(name);
        }
    }
}

bool commit(QSaveFile& file, const QByteArray& bytes, QString* reason) {
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit()) {
        return true;
    }
    *reason = file.errorString();
    return false;
}

}  // namespace

DraftSet DraftFiles::read(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray bytes = file.readAll();
    DraftSet set = decoded(bytes, QFileInfo(path).path());
    if (set.drafts.empty() && !bytes.trimmed().isEmpty() && QJsonDocument::fromJson(bytes).isNull()) {
        // Unreadable text is still somebody's text: it is kept beside, not overwritten.
        file.close();
        QFile::rename(path, path + QStringLiteral(".damaged"));
        const QDir folder(QFileInfo(path).path());
        for (const QString& name : folder.entryList({textFilePattern(path)}, QDir::Files)) {
            QFile::rename(folder.filePath(name), folder.filePath(name + QStringLiteral(".damaged")));
        }
    }
    return set;
}

void DraftFiles::remove(const QString& path) {
    QFile::remove(path);
    removeTexts(path, {});
}

bool DraftFiles::write(const DraftSet& set, QString* reason) {
    std::vector<std::optional<TextFile>> files(set.drafts.size());
    const auto isLarge = [&](std::size_t i) { return set.drafts[i].text.size() > kInlineMax; };
    // Texts that did not change keep their files before others look for the nearest.
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!isLarge(i)) {
            continue;
        }
        const auto same = std::find_if(files_.begin(), files_.end(),
                                       [&](const TextFile& file) { return file.text == set.drafts[i].text; });
        if (same != files_.end()) {
            files[i] = std::move(*same);
            files_.erase(same);
        }
    }
    std::vector<QString> names(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (isLarge(i) && !files[i]) {
            files[i] = takeNearest(set.drafts[i].text);
            if (!update(*files[i], set.drafts[i].text, reason)) {
                // Half a record may stand at its end now: all texts get new files the next time.
                files_.clear();
                return false;
            }
        }
        names[i] = files[i] ? files[i]->name : QString();
    }
    if (const QByteArray json = encoded(set, names); json != json_) {
        QSaveFile file(path_);
        if (!commit(file, json, reason)) {
            files_.clear();
            return false;
        }
        bytes_written_ += static_cast<std::uint64_t>(json.size());
        json_ = json;
        removeTexts(path_, names);
    }
    files_.clear();
    for (std::optional<TextFile>& file : files) {
        if (file) {
            files_.push_back(std::move(*file));
        }
    }
    return true;
}

DraftFiles::TextFile DraftFiles::takeNearest(const QString& text) {
    auto nearest = files_.end();
    // One that shares less than half is not worth more than a new one.
    qsizetype least = text.size() / 2;
    for (auto file = files_.begin(); file != files_.end(); ++file) {
        if (const qsizetype inserted = changeBetween(file->text, text).inserted; inserted < least) {
            least = inserted;
            nearest = file;
        }
    }
    if (nearest == files_.end()) {
        return {};
    }
    TextFile file = std::move(*nearest);
    files_.erase(nearest);
    return file;
}

bool DraftFiles::update(TextFile& file, const QString& text, QString* reason) {
    // No longer than the text and its changes together: what was written once and deleted since is to go some time.
    const bool is_long = file.size > text.size() * 4 + (qint64{1} << 20U);
    const bool is_new = file.name.isEmpty() || file.records >= kRecordsMax || is_long;
    if (!(is_new ? writeWhole(file, text, reason) : append(file, text, reason))) {
        return false;
    }
    file.text = text;
    return true;
}

bool DraftFiles::writeWhole(TextFile& file, const QString& text, QString* reason) {
    const QFileInfo json(path_);
    // Never over a file that the .json on disk still names.
    do {
        file.name = QStringLiteral("%1-%2.text").arg(json.completeBaseName()).arg(++last_number_);
    } while (QFile::exists(json.path() + QLatin1Char('/') + file.name));
    const QByteArray bytes = record(0, 0, text);
    QSaveFile out(json.path() + QLatin1Char('/') + file.name);
    if (!commit(out, bytes, reason)) {
        return false;
    }
    bytes_written_ += static_cast<std::uint64_t>(bytes.size());
    file.records = 1;
    file.size = bytes.size();
    return true;
}

bool DraftFiles::append(TextFile& file, const QString& text, QString* reason) {
    const Change change = changeBetween(file.text, text);
    const QByteArray bytes =
        record(change.offset, change.removed, QStringView(text).mid(change.offset, change.inserted));
    QFile out(QFileInfo(path_).path() + QLatin1Char('/') + file.name);
    if (!out.open(QIODevice::WriteOnly | QIODevice::Append) || out.write(bytes) != bytes.size() || !out.flush() ||
        ::fdatasync(out.handle()) != 0) {
        *reason = out.errorString();
        return false;
    }
    bytes_written_ += static_cast<std::uint64_t>(bytes.size());
    ++file.records;
    file.size += bytes.size();
    return true;
}

}  // namespace tessera::app
