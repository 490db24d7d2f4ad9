// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The page on which a job is written: forms, a graph of its steps, its text, its versions and a run to try it out.
/// GUI thread.

#include "app/core/jobs/job_draft.h"
#include "app/core/jobs/jobs_watch.h"
#include "app/workbench/documents/document_page.h"

#include <functional>
#include <memory>

class QLabel;
class QPushButton;
class QTabWidget;
class QToolButton;

namespace tessera::workbench {

class NoteLabel;
class RunView;
class StepsEditor;
class VersionsView;
struct VersionSource;

class JobEditor : public DocumentPage {
    Q_OBJECT

  public:
    /// `jobs`: names of those there are, for triggers and steps. After it one of the two below is called, once.
    JobEditor(std::shared_ptr<app::JobNodes> nodes, const QStringList& jobs, QWidget* parent = nullptr);

    void begin(const QString& owner);
    /// `as`: under another name, as a new one; empty: itself.
    void open(const client::JobDetails& details, const QString& as = {});

    app::JobDraft& draft() { return draft_; }

    QString title() const override;

    /// Of the job as it was opened; empty for a new one.
    const QString& jobName() const { return job_name_; }

    void save() override;

    bool isChanged() const override { return draft_.isChanged(); }

    std::optional<app::DocumentText> kept() const override;
    /// In place of begin() and open().
    void restore(const app::DocumentText& left);

    void askBeforeClosing(const std::function<void()>& then) override;

  Q_SIGNALS:
    /// The mesh has another version of it now.
    void saved(const QString& job);

  private:
    QWidget* buildBar();
    QWidget* buildGeneral();
    QWidget* buildParameters();
    QWidget* buildTriggers(const QStringList& jobs);
    QWidget* buildAlerts();
    VersionSource versionSource();
    void connectDraft();
    void showAll();
    void showTabs();
    void askToSave(const QString& diff);
    void askToTest();
    void showTest(std::int64_t run);

    const std::shared_ptr<app::JobNodes> nodes_;
    app::JobDraft draft_;
    app::JobsWatch watch_;
    QString job_name_;
    QLabel* title_;
    NoteLabel* note_;
    QToolButton* undo_;
    QToolButton* redo_;
    QPushButton* test_;
    QPushButton* save_;
    QTabWidget* tabs_;
    StepsEditor* steps_;
    VersionsView* versions_ = nullptr;
    RunView* run_view_ = nullptr;
};

}  // namespace tessera::workbench
