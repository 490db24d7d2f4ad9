#include "app/core/files/text_document.h"

#include <QFileInfo>
#include <QThreadPool>
#include <memory>
#include <utility>

namespace tessera::app {

namespace {

/// What a save came to: `conflict` is what another program wrote meanwhile.
struct SaveOutcome {
    Result<TextFile> result;
    bool is_conflict = false;
};

SaveOutcome saveOver(const QString& path, const QString& text, TextEncoding encoding, const QByteArray& expected,
                     bool overwrites) {
    if (!overwrites && QFileInfo::exists(path)) {
        auto now = readTextFile(path);
        if (now && now->digest != expected) {
            return {std::move(now), true};
        }
    }
    return {writeTextFile(path, text, encoding)};
}

}  // namespace

TextDocument::TextDocument(QObject* parent) : QObject(parent), owner_thread_(this) {
    // Others write in several steps: what is looked at is the last one.
    constexpr int kDelay_ms = 200;
    check_timer_.setSingleShot(true);
    check_timer_.setInterval(kDelay_ms);
    connect(&check_timer_, &QTimer::timeout, this, &TextDocument::check);
    connect(&watcher_, &QFileSystemWatcher::fileChanged, &check_timer_, qOverload<>(&QTimer::start));
}

void TextDocument::load(const QString& path, const OwnerThread::Poster& post,
                        std::function<void(const Result<TextFile>&)> done) {
    QThreadPool::globalInstance()->start([path, post, done = std::move(done)] {
        auto file = std::make_shared<Result<TextFile>>(readTextFile(path));
        post([file, done] { done(*file); });
    });
}

void TextDocument::adopt(const QString& path, const TextFile& file) {
    path_ = path;
    encoding_ = file.encoding;
    accept(file);
}

void TextDocument::restore(const QString& path, TextEncoding encoding, const QByteArray& digest) {
    path_ = path;
    encoding_ = encoding;
    digest_ = digest;
    stamp_ = {};
    watch();
}

void TextDocument::accept(const TextFile& on_disk) {
    digest_ = on_disk.digest;
    stamp_ = on_disk.stamp;
    is_gone_ = false;
    watch();
}

void TextDocument::watch() {
    // A file that was replaced by another of its name is not watched any more.
    if (!path_.isEmpty() && !watcher_.files().contains(path_)) {
        if (!watcher_.files().isEmpty()) {
            watcher_.removePaths(watcher_.files());
        }
        watcher_.addPath(path_);
    }
}

void TextDocument::save(const QString& text, Overwrite overwrite) {
    write(path_, text, overwrite);
}

void TextDocument::saveAs(const QString& path, const QString& text) {
    // The dialog has asked whether to replace it.
    write(path, text, Overwrite::kAnything);
}

void TextDocument::write(const QString& path, const QString& text, Overwrite overwrite) {
    if (std::exchange(is_saving_, true)) {
        return;
    }
    const bool overwrites = overwrite == Overwrite::kAnything;
    QThreadPool::globalInstance()->start(
        [this, post = owner_thread_.poster(), path, text, encoding = encoding_, expected = digest_, overwrites] {
            auto outcome = std::make_shared<SaveOutcome>(saveOver(path, text, encoding, expected, overwrites));
            post([this, path, outcome] {
                is_saving_ = false;
                if (!outcome->result) {
                    Q_EMIT saveFailed(outcome->result.error());
                } else if (outcome->is_conflict) {
                    Q_EMIT changedOnDisk(*outcome->result, true);
                } else {
                    path_ = path;
                    accept(*outcome->result);
                    Q_EMIT saved();
                }
            });
        });
}

void TextDocument::check() {
    if (path_.isEmpty() || is_saving_ || std::exchange(is_checking_, true)) {
        return;
    }
    QThreadPool::globalInstance()->start([this, post = owner_thread_.poster(), path = path_, known = stamp_] {
        if (known.size >= 0 && stampOf(path) == known) {
            post([this] { is_checking_ = false; });
            return;
        }
        auto now = std::make_shared<Result<TextFile>>(readTextFile(path));
        post([this, path, now] {
            is_checking_ = false;
            if (path == path_ && !is_saving_) {
                checked(*now);
            }
        });
    });
}

void TextDocument::checked(const Result<TextFile>& now) {
    if (!now) {
        if (now.error().code == ErrorCode::kNotFound && !std::exchange(is_gone_, true)) {
            Q_EMIT vanished();
        }
        return;
    }
    is_gone_ = false;
    watch();
    if (now->digest == digest_) {
        stamp_ = now->stamp;
    } else {
        Q_EMIT changedOnDisk(*now, false);
    }
}

}  // namespace tessera::app
