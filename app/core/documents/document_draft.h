#pragma once

/// A file of YAML, or with YAML in it, that is being written: its text, what its YAML says, what is wrong with it, and
/// undo. What the file means is for those to say who derive from it. GUI thread; never waits.

#include "app/core/documents/yaml_document.h"
#include "common/error.h"

#include <QObject>
#include <QString>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

class DocumentDraft : public QObject {
    Q_OBJECT

  public:
    struct Problem {
        /// Of the document; empty: it concerns the whole.
        std::string path;
        QString text;
        /// Of the text, from 1; 0: none.
        int line = 0;
        /// In characters, from 1; 0: the line as a whole.
        int column = 0;
    };

    const YamlDocument& document() const { return document_; }

    /// As it was written, right or wrong.
    const std::string& text() const { return text_; }

    /// As it was read or saved last.
    const std::string& savedText() const { return saved_text_; }

    /// False: there is no YAML to be read, and only the text can be edited.
    bool isReadable() const { return is_readable_; }

    /// What is wrong by itself, then what others said of it.
    const std::vector<Problem>& problems() const { return problems_; }

    /// Of one field: not of what stands beneath it. Several are lines.
    QString problemOf(std::string_view path) const;
    /// How many are of it and what stands beneath it.
    int problemsBeneath(std::string_view path) const;

    bool isChanged() const { return text_ != saved_text_; }

    /// Changes of one `what` in a row are one step of undo.
    void change(const std::string& what, const std::function<void(YamlDocument&)>& change);

    void setText(const std::string& text) { push("text", text); }

    bool canUndo() const { return place_ > 0; }

    bool canRedo() const { return place_ + 1 < history_.size(); }

    void undo();
    void redo();

  Q_SIGNALS:
    void changed();

  protected:
    /// `origin`: what messages call the file.
    DocumentDraft(std::string origin, QObject* parent) : QObject(parent), origin_(std::move(origin)) {}

    /// The YAML of a text, its lines at their places; and the text with another YAML.
    virtual std::string yamlOf(const std::string& text) const { return text; }

    virtual std::string withYaml(const std::string& text, const std::string& yaml) const;

    /// What is wrong with text() by itself.
    virtual std::vector<Error> findErrors() = 0;

    const std::string& origin() const { return origin_; }

    /// Nothing to undo, nothing changed.
    void reset(std::string text);

    /// What is there counts as changed, whatever it is.
    void forgetSaved() { saved_text_.clear(); }

    void setSaved(const std::string& text) { saved_text_ = text; }

    /// What is wrong by itself, and then these; does not tell of it.
    void setErrors(const std::vector<Error>& others);

  private:
    struct Step {
        std::string text;
        /// What was changed.
        std::string what;
    };

    void show(const std::string& text);
    void push(const std::string& what, const std::string& text);
    Problem toProblem(const Error& error) const;

    const std::string origin_;
    std::string text_;
    std::string saved_text_;
    YamlDocument document_;
    bool is_readable_ = true;
    std::vector<Problem> problems_;
    std::vector<Step> history_;
    std::size_t place_ = 0;
};

}  // namespace tessera::app
