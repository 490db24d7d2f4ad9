// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The tie between an editor and its file, or the saved query it is the text of. As a widget it is the bar above the
/// editor that says when file and text have parted, and asks which of them is to count; hidden while there is nothing
/// to say. GUI thread.

#include "app/core/drafts/draft_journal.h"
#include "app/core/files/text_document.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace tessera::workbench {

class SqlEditor;

class FileLink : public QWidget {
    Q_OBJECT

  public:
    explicit FileLink(SqlEditor* editor);

    /// Empty for a text that is no file's.
    const QString& path() const { return document_.path(); }

    /// The saved query it is the text of, at its revision; 0 for none.
    qint64 savedQuery() const { return saved_query_; }

    qint64 revision() const { return query_revision_; }

    /// The library could not keep it.
    void keepingFailed() { is_keeping_ = false; }

    /// The text, as it was when `as_of` was asked of textRevision(), is that of the query now.
    void setSavedQuery(qint64 query, qint64 revision, quint64 as_of);

    quint64 textRevision() const { return revision_; }

    /// Has the text something that its file, or its saved query, has not? Never for a text without one.
    bool isModified() const;

    /// The file that was read takes the place of the editor's text.
    void take(const QString& path, const app::TextFile& file);
    /// What the editor has of a file of an earlier session; looks whether that is still the same.
    void restore(const app::Draft& draft);
    void describe(app::Draft& draft) const;

    void save();
    void saveAs(const QString& path);

    /// Looks whether another program changed the file.
    void check() { document_.check(); }

  Q_SIGNALS:
    /// The file, or whether the text differs from it.
    void changed();
    /// One sentence for the status bar.
    void told(const QString& message);
    void saved();
    /// The person wants to choose another file.
    void saveAsRequested();
    /// To the library.
    void saveQueryRequested();

  private:
    enum class Question { kNone, kChanged, kChangedWhileSaving, kGone, kNotSaved, kLacksCharacter };

    void onChangedOnDisk(const app::TextFile& now, bool while_saving);
    void onSaved();
    void onSaveFailed(const Error& error);
    void ask(Question question, const QString& text);
    void addAnswer(const char* object_name, const QString& text, const std::function<void()>& run);
    /// As one step that can be undone.
    void takeFromDisk(const app::TextFile& file);
    void saveOver(app::TextDocument::Overwrite overwrite);
    QString fileName() const;
    void updateModified();

    SqlEditor* editor_;
    QLabel* label_;
    QHBoxLayout* answers_;
    app::TextDocument document_;
    Question question_ = Question::kNone;
    qint64 saved_query_ = 0;
    qint64 query_revision_ = 0;
    /// The library was asked to, and has not answered yet.
    bool is_keeping_ = false;
    /// Differed from the file already when it came into the editor.
    bool differs_from_start_ = false;
    bool was_modified_ = false;
    /// The text's, and that of the text being saved.
    quint64 revision_ = 0;
    quint64 saving_revision_ = 0;
};

}  // namespace tessera::workbench
