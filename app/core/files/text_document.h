#pragma once

/// The file behind an editor: read and written by a worker, and watched. Knows what it read or wrote last, so that what
/// another program wrote is neither missed nor overwritten without being asked for. GUI thread.

#include "app/core/files/text_file.h"
#include "app/core/thread/owner_thread.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>
#include <functional>

namespace tessera::app {

class TextDocument : public QObject {
    Q_OBJECT

  public:
    explicit TextDocument(QObject* parent = nullptr);

    /// Reads any file by a worker; the answer is dropped with `receiver`'s poster.
    static void load(const QString& path, const OwnerThread::Poster& post,
                     std::function<void(const Result<TextFile>&)> done);

    /// Empty while there is no file.
    const QString& path() const { return path_; }

    TextEncoding encoding() const { return encoding_; }

    void setEncoding(TextEncoding encoding) { encoding_ = encoding; }

    const QByteArray& digest() const { return digest_; }

    bool isSaving() const { return is_saving_; }

    /// The file that was read.
    void adopt(const QString& path, const TextFile& file);
    /// That of an earlier session: what it is now is found out by check().
    void restore(const QString& path, TextEncoding encoding, const QByteArray& digest);

    enum class Overwrite { kOnlyWhatWasRead, kAnything };
    /// Answers by saved(), changedOnDisk() or saveFailed(). Ignored while a save is under way.
    void save(const QString& text, Overwrite overwrite);
    void saveAs(const QString& path, const QString& text);

    /// Looks whether the file is as it was; answers by changedOnDisk(), vanished(), or not at all.
    void check();
    /// What stands on the disk may be overwritten by the next save.
    void accept(const TextFile& on_disk);

  Q_SIGNALS:
    void saved();
    void saveFailed(const tessera::Error& error);
    /// Another program wrote it. By `while_saving` nothing was saved for that.
    void changedOnDisk(const tessera::app::TextFile& now, bool while_saving);
    void vanished();

  private:
    void watch();
    void write(const QString& path, const QString& text, Overwrite overwrite);
    void checked(const Result<TextFile>& now);

    QString path_;
    TextEncoding encoding_ = TextEncoding::kUtf8;
    /// Of the bytes last read or written.
    QByteArray digest_;
    FileStamp stamp_;
    bool is_saving_ = false;
    bool is_checking_ = false;
    bool is_gone_ = false;
    QFileSystemWatcher watcher_;
    QTimer check_timer_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
