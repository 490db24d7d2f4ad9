#pragma once

/// A job that is being written: its document, what is wrong with it, undo, and what the mesh says before it is saved.
/// GUI thread; never waits.

#include "app/core/jobs/job_document.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/jobs/definition/definition.h"

#include <QObject>
#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

class JobDraft : public QObject {
    Q_OBJECT

  public:
    struct Problem {
        /// Of the document; empty: it concerns the whole.
        std::string path;
        QString text;
        /// Of the text, from 1; 0: none.
        int line = 0;
    };

    explicit JobDraft(std::shared_ptr<JobNodes> nodes, QObject* parent = nullptr);

    /// A new one, with one step. `owner` is who is signed in.
    void begin(const QString& name, const QString& owner);
    /// One that is there. Nothing is left of what was before.
    void open(const client::JobDetails& details);
    /// The same as a new one, under another name.
    void openCopy(const client::JobDetails& details, const QString& name);

    const JobDocument& document() const { return document_; }

    /// The canonical text, which the mesh has after saving; as long as something is wrong, the text as it is.
    std::string yaml() const;

    /// False: the text is no YAML, and only it can be edited.
    bool isReadable() const { return is_readable_; }

    /// None as long as something is wrong.
    const std::optional<jobs::Definition>& definition() const { return definition_; }

    /// What is wrong by itself, then what the mesh said last.
    const std::vector<Problem>& problems() const { return problems_; }

    /// Of one field: not of what stands beneath it. Several are lines.
    QString problemOf(std::string_view path) const;
    /// How many are of it and what stands beneath it.
    int problemsBeneath(std::string_view path) const;

    /// 0: it was never saved.
    std::int64_t version() const { return version_; }

    bool isNew() const { return version_ == 0; }

    bool isChanged() const { return text_ != saved_text_; }

    /// Changes of one `what` in a row are one step of undo.
    void change(const std::string& what, const std::function<void(JobDocument&)>& change);
    void setYaml(const std::string& text);

    bool canUndo() const { return place_ > 0; }

    bool canRedo() const { return place_ + 1 < history_.size(); }

    void undo();
    void redo();

    // --- by the mesh: one at a time ---

    bool isAsking() const { return asking_.isRunning(); }

    /// What saving would change, or what is in its way.
    void check();
    void save();
    /// Runs it as it stands, beside its versions: nothing follows, nobody is alerted. It must have been saved once.
    void test(const client::JobParameters& parameters);

  Q_SIGNALS:
    void changed();
    /// The mesh has been asked, or has answered.
    void askingChanged();
    /// `diff` as of diffDefinitions(); empty: nothing would change.
    void checked(const QString& diff);
    void saved();
    void testStarted(std::int64_t run);
    /// The mesh could not be asked, or refused as a whole.
    void failed(const QString& why);

  private:
    struct Step {
        std::string text;
        /// What was changed.
        std::string what;
    };

    struct Answer {
        std::vector<Error> problems;
        std::string diff;
        std::int64_t version = 0;
        std::int64_t run = 0;
    };

    void reset(std::string text, std::int64_t version);
    void show(const std::string& text);
    void push(const std::string& what, std::string text);
    void findProblems();
    Problem toProblem(const Error& error) const;
    template <class Work>
    void ask(Work work, std::function<void(const Answer&)> done);
    client::JobFile file() const;

    const std::shared_ptr<JobNodes> nodes_;
    std::string text_;
    std::string saved_text_;
    std::string name_;
    std::int64_t version_ = 0;
    JobDocument document_;
    bool is_readable_ = true;
    std::optional<jobs::Definition> definition_;
    std::vector<Problem> problems_;
    std::vector<Step> history_;
    std::size_t place_ = 0;
    BackgroundTask asking_;
};

}  // namespace tessera::app
