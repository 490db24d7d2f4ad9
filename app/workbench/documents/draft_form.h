// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Fields of a part of a file that is being written: each shows one place of the document, changes it as one types, and
/// says below itself what is wrong with it. Ctrl+Z in a field undoes in the draft. GUI thread.

#include "app/core/documents/document_draft.h"

#include <QFormLayout>
#include <QWidget>
#include <functional>
#include <string>
#include <utility>
#include <vector>

class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace tessera::workbench {

class NoteLabel;
class SqlEditor;

class DraftForm : public QWidget {
    Q_OBJECT

  public:
    /// `root`: where the keys begin; empty: at the top.
    explicit DraftForm(app::DocumentDraft& draft, std::string root = {}, QWidget* parent = nullptr);

    /// The same fields, of another place.
    void setRoot(std::string root);

    enum class WhenEmpty {
        kRemove,
        /// The key says what this is: it stays.
        kKeep,
    };

    QLineEdit* addText(const std::string& key, const QString& label, const QString& hint = {},
                       WhenEmpty when_empty = WhenEmpty::kRemove);
    QPlainTextEdit* addLines(const std::string& key, const QString& label, const QString& hint = {});
    SqlEditor* addSql(const std::string& key, const QString& label);
    /// The first is the default, and is not written. Values and how they are called.
    QComboBox* addChoice(const std::string& key, const QString& label,
                         const std::vector<std::pair<std::string, QString>>& choices);
    /// With proposals, but any text.
    QComboBox* addProposals(const std::string& key, const QString& label, const QStringList& proposals,
                            const QString& hint = {}, WhenEmpty when_empty = WhenEmpty::kRemove);
    /// Of a list: texts with commas between.
    QLineEdit* addList(const std::string& key, const QString& label, const QString& hint = {});
    /// Of a map: a line each, "name: value".
    QPlainTextEdit* addPairs(const std::string& key, const QString& label, const QString& hint = {});
    /// Which of some keys there is. Another one gets the text of the one before.
    QComboBox* addKind(const QString& label, const std::vector<std::pair<std::string, QString>>& kinds);
    /// A widget that the caller fills in `show`; `key`: of the problem below it.
    void addWidget(const std::string& key, const QString& label, QWidget* widget, std::function<void()> show);
    /// The field that was added last is there only if the document has this key beneath the root.
    void onlyWith(const std::string& key);
    /// Or only if this holds.
    void onlyIf(std::function<bool()> holds);

    std::string path(const std::string& key) const;

    const std::string& root() const { return root_; }

    const app::YamlDocument& document() const { return draft_.document(); }

    /// One step of undo for what happens to one key.
    void change(const std::string& key, const std::function<void(app::YamlDocument&)>& change);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    struct Field {
        std::string key;
        QWidget* cell;
        NoteLabel* problem;
        std::function<void()> show;
        std::function<bool()> is_there;
    };

    void addField(const std::string& key, const QString& label, QWidget* editor, std::function<void()> show);
    void showAll();

    app::DocumentDraft& draft_;
    std::string root_;
    QFormLayout* layout_;
    std::vector<Field> fields_;
    bool is_showing_ = false;
};

/// Makes Ctrl+Z and its like those of the draft, in a widget that has its own otherwise.
class DraftKeys : public QObject {
    Q_OBJECT

  public:
    DraftKeys(app::DocumentDraft& draft, QObject* parent) : QObject(parent), draft_(draft) {}

    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    app::DocumentDraft& draft_;
};

/// The form with room around it, as a page of a tab that scrolls.
QWidget* inScrollArea(DraftForm* form);

}  // namespace tessera::workbench
