// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A job's versions, what each has changed, and a way back to one. GUI thread; never waits.

#include "app/core/jobs/job_draft.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/thread/background_task.h"

#include <QWidget>
#include <map>
#include <memory>
#include <vector>

class QComboBox;
class QPushButton;
class QTreeWidget;

namespace tessera::workbench {

class DiffText;
class NoteLabel;

class VersionsView : public QWidget {
    Q_OBJECT

  public:
    VersionsView(app::JobDraft& draft, std::shared_ptr<app::JobNodes> nodes, QWidget* parent = nullptr);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void readVersions();
    void readTexts();
    void showDiff();
    std::int64_t chosen() const;
    /// The version that the chosen one is compared with; 0: an empty job, or the draft.
    std::int64_t compared() const;

    app::JobDraft& draft_;
    const std::shared_ptr<app::JobNodes> nodes_;
    std::vector<client::JobVersionInfo> versions_;
    std::map<std::int64_t, std::string> texts_;
    QTreeWidget* list_;
    QComboBox* with_;
    DiffText* diff_;
    QPushButton* restore_;
    NoteLabel* note_;
    app::BackgroundTask reading_;
};

}  // namespace tessera::workbench
