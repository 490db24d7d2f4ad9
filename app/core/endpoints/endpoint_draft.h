#pragma once

/// An endpoint's file or a model's that is being written: what is wrong with it, by itself and as the mesh says, what
/// publishing it would change, and undo. GUI thread; never waits.

#include "app/core/documents/document_draft.h"
#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/endpoints/definition/definition.h"
#include "nodeservice/endpoints/model/model.h"

#include <QString>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

class EndpointDraft : public DocumentDraft {
    Q_OBJECT

  public:
    enum class Kind { kEndpoint, kModel };

    /// The mesh looks at the text so long after it was changed last.
    static constexpr int kCheckDelay_ms = 400;

    EndpointDraft(Kind kind, std::shared_ptr<EndpointNodes> nodes, QObject* parent = nullptr);

    Kind kind() const { return kind_; }

    /// A new one.
    void begin(const std::string& text);
    /// One that is published, by its name and its file. Nothing is left of what was before.
    void open(const std::string& name, const client::EndpointDetails& details);
    /// As it was left: `saved` is the published text it was made from.
    void restore(const std::string& name, std::int64_t version, const std::string& saved, const std::string& text);

    /// As the text says; empty while it says none.
    std::string name() const;

    /// As the mesh knows it; empty for a new one.
    const std::string& publishedName() const { return name_; }

    /// Of the file; 0: it was never published.
    std::int64_t version() const { return version_; }

    bool isNew() const { return version_ == 0; }

    /// None of a model, and while something is wrong by itself.
    const std::optional<endpoints::Definition>& definition() const { return definition_; }

    /// Likewise.
    const std::optional<endpoints::Model>& model() const { return model_; }

    // --- by the mesh ---

    /// What publishing would change, as of the text that is there; none while that is not known.
    const std::optional<client::EndpointApplication>& changes() const { return changes_; }

    bool isChecking() const { return delay_.isActive() || checking_.isRunning(); }

    /// Why the mesh could not be asked; empty when it could.
    const QString& checkProblem() const { return check_problem_; }

    bool isPublishing() const { return publishing_.isRunning(); }

    /// `allows_breaking`: also if callers of the version before may fail.
    void publish(bool allows_breaking);

  Q_SIGNALS:
    /// What the mesh says, or whether it is being asked.
    void checkChanged();
    void published();
    /// It could not be published.
    void failed(const QString& why);

  protected:
    std::string yamlOf(const std::string& text) const override;
    std::string withYaml(const std::string& text, const std::string& yaml) const override;
    std::vector<Error> findErrors() override;

  private:
    void onChanged();
    void check();

    const Kind kind_;
    const std::shared_ptr<EndpointNodes> nodes_;
    std::string name_;
    std::int64_t version_ = 0;
    std::optional<endpoints::Definition> definition_;
    std::optional<endpoints::Model> model_;
    /// That the mesh has looked at, or is looking at.
    std::string checked_text_;
    std::optional<client::EndpointApplication> changes_;
    QString check_problem_;
    QTimer delay_;
    BackgroundTask checking_;
    BackgroundTask publishing_;
};

/// What a model's file is called among the endpoints of a mesh.
inline std::string modelFileName(const std::string& model) {
    return model + ".yaml";
}

}  // namespace tessera::app
