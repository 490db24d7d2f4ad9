// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What helps while writing: proposals (as one types, or Ctrl+Space), the signature of the call around the caret
/// (Ctrl+Shift+Space), what a name means under the pointer, and the way to where it was defined (F12). All of it from
/// the statement around the caret and the node's names; nothing here asks the node. GUI thread.

#include "app/core/library/library.h"
#include "app/core/sql/completion.h"
#include "app/core/thread/owner_thread.h"
#include "app/workbench/editor/snippet_session.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/settings/editor_settings.h"

#include <QObject>
#include <memory>

class QHelpEvent;
class QKeyEvent;
class QLabel;

namespace tessera::workbench {

class CompletionPopup;

class SqlAssistant : public QObject {
    Q_OBJECT

  public:
    explicit SqlAssistant(SqlEditor* editor);

    /// Null while the node's names are not known: then only the text itself is.
    void setNames(std::shared_ptr<const app::NameIndex> names) { names_ = std::move(names); }

    bool hasNames() const { return names_ != nullptr; }

    /// Of the items those that are snippets: written by their word and Tab, and proposed.
    void setSnippets(const std::vector<app::LibraryItem>& items);

    void applyOptions(const EditorOptions& options) { options_ = options; }

    const SnippetSession& snippet() const { return *snippet_; }

    const CompletionPopup& popup() const { return *popup_; }

    const QLabel& signature() const { return *signature_; }

    /// Shows proposals for the caret, even where nothing was typed yet.
    void complete();
    void showSignature();
    void goToDefinition();

    /// What is said of the byte under the pointer; empty for nothing.
    QString hoverText(std::size_t position) const;

    bool eventFilter(QObject* watched, QEvent* event) override;

  Q_SIGNALS:
    /// The catalog is to show this table.
    void definitionRequested(const QString& schema, const QString& table);

  private:
    void onCharacterAdded(int character);
    bool handleKey(QKeyEvent* key);
    /// Tab and Escape in a snippet, and Tab behind the word of one.
    bool handleSnippetKey(QKeyEvent* key);
    void addSnippets(const app::Scope& scope, std::vector<app::Proposal>& proposals) const;
    void propose(bool is_asked_for);
    void proposeJoins();
    void proposeFuzzily(const app::Scope& scope);
    void show(std::vector<app::Proposal> proposals);
    void accept();
    void hide();
    void updateSignature();
    QPoint caretPlace() const;

    SqlEditor* editor_;
    CompletionPopup* popup_;
    QLabel* signature_;
    SnippetSession* snippet_;
    std::vector<app::LibraryItem> snippets_;
    EditorOptions options_;
    std::shared_ptr<const app::NameIndex> names_;
    /// Bytes of the text that an accepted proposal replaces.
    std::size_t replace_begin_ = 0;
    std::size_t replace_end_ = 0;
    /// Answers of workers that are older are dropped.
    std::uint64_t request_ = 0;
    app::OwnerThread owner_thread_;
};

}  // namespace tessera::workbench
