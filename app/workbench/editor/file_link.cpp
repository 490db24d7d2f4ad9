// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/file_link.h"

#include "app/workbench/editor/sql_editor.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <utility>

namespace tessera::workbench {

FileLink::FileLink(SqlEditor* editor)
    : editor_(editor), label_(new QLabel), answers_(new QHBoxLayout), document_(this) {
    setObjectName(QStringLiteral("fileBar"));
    label_->setObjectName(QStringLiteral("fileBarLabel"));
    label_->setWordWrap(true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(label_, 1);
    layout->addLayout(answers_);
    hide();
    connect(editor_, &QsciScintilla::textChanged, this, [this] {
        ++revision_;
        updateModified();
    });
    connect(editor_, &QsciScintilla::modificationChanged, this, &FileLink::updateModified);
    connect(&document_, &app::TextDocument::saved, this, &FileLink::onSaved);
    connect(&document_, &app::TextDocument::saveFailed, this, &FileLink::onSaveFailed);
    connect(&document_, &app::TextDocument::changedOnDisk, this, &FileLink::onChangedOnDisk);
    connect(&document_, &app::TextDocument::vanished, this, [this] {
        differs_from_start_ = true;
        updateModified();
        ask(Question::kGone, tr("“%1” is no longer on the disk. Its text is still here.").arg(fileName()));
    });
}

QString FileLink::fileName() const {
    return QFileInfo(path()).fileName();
}

bool FileLink::isModified() const {
    return (!path().isEmpty() || saved_query_ != 0) && (differs_from_start_ || editor_->isModified());
}

void FileLink::updateModified() {
    if (const bool is_modified = isModified(); is_modified != std::exchange(was_modified_, is_modified)) {
        Q_EMIT changed();
    }
}

void FileLink::take(const QString& path, const app::TextFile& file) {
    editor_->setText(file.text);
    editor_->setLineEnd(app::lineEndOf(file.text));
    editor_->setModified(false);
    differs_from_start_ = false;
    document_.adopt(path, file);
    ask(Question::kNone, {});
    was_modified_ = false;
    Q_EMIT changed();
}

void FileLink::restore(const app::Draft& draft) {
    editor_->setLineEnd(app::lineEndOf(draft.text));
    editor_->setModified(false);
    saved_query_ = draft.saved_query;
    query_revision_ = draft.revision;
    differs_from_start_ = draft.is_modified;
    was_modified_ = isModified();
    if (draft.file.isEmpty()) {
        return;
    }
    document_.restore(draft.file, app::encodingFromName(draft.encoding), QByteArray::fromHex(draft.digest.toLatin1()));
    was_modified_ = isModified();
    document_.check();
}

void FileLink::describe(app::Draft& draft) const {
    if (!path().isEmpty()) {
        draft.file = path();
        draft.encoding = app::encodingName(document_.encoding());
        draft.digest = QString::fromLatin1(document_.digest().toHex());
    }
    draft.saved_query = saved_query_;
    draft.revision = query_revision_;
    draft.is_modified = isModified();
}

void FileLink::setSavedQuery(qint64 query, qint64 revision, quint64 as_of) {
    is_keeping_ = false;
    saved_query_ = query;
    query_revision_ = revision;
    differs_from_start_ = as_of != revision_;
    if (!differs_from_start_) {
        editor_->setModified(false);
    }
    was_modified_ = isModified();
    Q_EMIT changed();
    Q_EMIT saved();
}

void FileLink::save() {
    saveOver(app::TextDocument::Overwrite::kOnlyWhatWasRead);
}

void FileLink::saveOver(app::TextDocument::Overwrite overwrite) {
    if (path().isEmpty() && saved_query_ != 0) {
        // Twice the same revision would be taken for the change of another workbench.
        if (!std::exchange(is_keeping_, true)) {
            Q_EMIT saveQueryRequested();
        }
        return;
    }
    if (path().isEmpty()) {
        Q_EMIT saveAsRequested();
        return;
    }
    if (!document_.isSaving()) {
        saving_revision_ = revision_;
        document_.save(editor_->text(), overwrite);
    }
}

void FileLink::saveAs(const QString& path) {
    if (!document_.isSaving()) {
        saving_revision_ = revision_;
        document_.saveAs(path, editor_->text());
    }
}

void FileLink::onSaved() {
    ask(Question::kNone, {});
    // From now on it is the file's.
    saved_query_ = 0;
    // What was typed while it was being written is in the text only.
    differs_from_start_ = saving_revision_ != revision_;
    if (!differs_from_start_) {
        editor_->setModified(false);
    }
    was_modified_ = isModified();
    Q_EMIT told(tr("Saved “%1”.").arg(path()));
    Q_EMIT changed();
    Q_EMIT saved();
}

void FileLink::onSaveFailed(const Error& error) {
    QString message = QString::fromStdString(error.message);
    message.replace(0, 1, message.left(1).toUpper());
    if (error.code == ErrorCode::kInvalidArgument) {
        ask(Question::kLacksCharacter, message);
    } else {
        ask(Question::kNotSaved, tr("%1. The text stays here, and among the drafts.").arg(message));
    }
}

void FileLink::onChangedOnDisk(const app::TextFile& now, bool while_saving) {
    if (now.text == editor_->text()) {
        document_.accept(now);
        document_.setEncoding(now.encoding);
        differs_from_start_ = false;
        editor_->setModified(false);
        ask(Question::kNone, {});
        updateModified();
        return;
    }
    if (!isModified() && !while_saving) {
        takeFromDisk(now);
        Q_EMIT told(
            tr("“%1” was changed by another program and read again. Undo brings back what was here.").arg(fileName()));
        return;
    }
    ask(while_saving ? Question::kChangedWhileSaving : Question::kChanged,
        while_saving ? tr("“%1” was not saved: another program has changed it since it was read.").arg(fileName())
                     : tr("“%1” was changed by another program, and here, too.").arg(fileName()));
    addAnswer("fileTakeDisk", tr("Take the disk's"), [this, now] { takeFromDisk(now); });
    addAnswer("fileKeepMine", while_saving ? tr("Save mine over it") : tr("Keep mine"), [this, now, while_saving] {
        document_.accept(now);
        ask(Question::kNone, {});
        if (while_saving) {
            save();
        }
    });
}

void FileLink::takeFromDisk(const app::TextFile& file) {
    const auto caret = static_cast<std::size_t>(editor_->SendScintilla(QsciScintillaBase::SCI_GETCURRENTPOS));
    // setText() would forget what can be undone.
    editor_->replaceRange(0, editor_->utf8().size(), file.text.toStdString());
    editor_->setLineEnd(app::lineEndOf(file.text));
    editor_->setCaret(std::min(caret, editor_->utf8().size()));
    editor_->setModified(false);
    differs_from_start_ = false;
    document_.setEncoding(file.encoding);
    document_.accept(file);
    ask(Question::kNone, {});
    was_modified_ = false;
    Q_EMIT changed();
}

void FileLink::ask(Question question, const QString& text) {
    question_ = question;
    while (const QLayoutItem* item = answers_->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    label_->setText(text);
    setVisible(question != Question::kNone);
    const auto save_as = [this] { addAnswer("fileSaveAs", tr("Save as…"), [this] { Q_EMIT saveAsRequested(); }); };
    switch (question) {
        case Question::kGone:
            addAnswer("fileSaveAgain", tr("Save it again"), [this] { save(); });
            save_as();
            addAnswer("fileDismiss", tr("Not now"), [this] { ask(Question::kNone, {}); });
            break;
        case Question::kNotSaved:
            addAnswer("fileSaveAgain", tr("Try again"), [this] { save(); });
            save_as();
            addAnswer("fileDismiss", tr("Not now"), [this] { ask(Question::kNone, {}); });
            break;
        case Question::kLacksCharacter:
            addAnswer("fileSaveAgain", tr("Save in UTF-8"), [this] {
                document_.setEncoding(app::TextEncoding::kUtf8);
                save();
            });
            addAnswer("fileDismiss", tr("Not now"), [this] { ask(Question::kNone, {}); });
            break;
        case Question::kChangedWhileSaving:
            save_as();
            break;
        case Question::kChanged:
        case Question::kNone:
            break;
    }
}

void FileLink::addAnswer(const char* object_name, const QString& text, const std::function<void()>& run) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(object_name));
    button->setProperty("secondary", answers_->count() > 0);
    connect(button, &QPushButton::clicked, this, run);
    answers_->addWidget(button);
}

}  // namespace tessera::workbench
