#pragma once

/// A job that is being written: its document, what is wrong with it, undo, and what the mesh says before it is saved.
/// GUI thread; never waits.

#include "app/core/documents/document_draft.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/jobs/definition/definition.h"

#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

class JobDraft : public DocumentDraft {
    Q_OBJECT

  public:
    explicit JobDraft(std::shared_ptr<JobNodes> nodes, QObject* parent = nullptr);

    /// A new one, with one step. `owner` is who is signed in.
    void begin(const QString& name, const QString& owner);
    /// One that is there. Nothing is left of what was before.
    void open(const client::JobDetails& details);
    /// As it was left: `saved` is the text of the version it was made from.
    void restore(const std::string& name, std::int64_t version, const std::string& saved, const std::string& text);
    /// The same as a new one, under another name.
    void openCopy(const client::JobDetails& details, const QString& name);

    /// The canonical text, which the mesh has after saving; as long as something is wrong, the text as it is.
    std::string yaml() const;

    /// None as long as something is wrong.
    const std::optional<jobs::Definition>& definition() const { return definition_; }

    /// 0: it was never saved.
    std::int64_t version() const { return version_; }

    bool isNew() const { return version_ == 0; }

    /// A text that means the same changes nothing.
    void setYaml(const std::string& text);

    // --- by the mesh: one at a time ---

    bool isAsking() const { return asking_.isRunning(); }

    /// What saving would change, or what is in its way.
    void check();
    void save();
    /// Runs it as it stands, beside its versions: nothing follows, nobody is alerted. It must have been saved once.
    void test(const client::JobParameters& parameters);

  Q_SIGNALS:
    /// The mesh has been asked, or has answered.
    void askingChanged();
    /// `diff` as of diffDefinitions(); empty: nothing would change.
    void checked(const QString& diff);
    void saved();
    void testStarted(std::int64_t run);
    /// The mesh could not be asked, or refused as a whole.
    void failed(const QString& why);

  protected:
    std::vector<Error> findErrors() override;

  private:
    struct Answer {
        std::vector<Error> problems;
        std::string diff;
        std::int64_t version = 0;
        std::int64_t run = 0;
    };

    template <class Work>
    void ask(Work work, std::function<void(const Answer&)> done);
    client::JobFile file() const;

    const std::shared_ptr<JobNodes> nodes_;
    std::string name_;
    std::int64_t version_ = 0;
    std::optional<jobs::Definition> definition_;
    BackgroundTask asking_;
};

}  // namespace tessera::app
