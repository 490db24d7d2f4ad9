// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What the window shows while there is no mesh: how to come to one, and how far a sign-in is. Decides nothing. GUI
/// thread.

#include "common/error.h"

#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace tessera::workbench {

class OnboardingPage : public QWidget {
    Q_OBJECT

  public:
    enum class Step {
        kNone,
        /// The agent is being started.
        kAgent,
        /// The person is in the browser.
        kBrowser,
        /// Signed in; the mesh is read.
        kMesh,
    };

    explicit OnboardingPage(QWidget* parent = nullptr);

    /// Why there is no mesh. That nothing was configured yet is no error.
    void setProblem(const Error& error);
    /// Mesh files opened before, the newest first.
    void setRecent(const QStringList& files);
    /// `url`: the page in the browser, once it is known.
    void setStep(Step step, const QString& url = {});

    Step step() const { return step_; }

    QString sentence() const;

  Q_SIGNALS:
    void signInRequested();
    void signInCancelled();
    void openRequested();
    void retryRequested();
    void recentChosen(const QString& file);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    QWidget* buildChoices();
    QWidget* buildSteps();
    void applyColors();

    Step step_ = Step::kNone;
    QString url_;
    bool is_error_ = false;
    QLabel* icon_;
    QLabel* title_;
    QLabel* sentence_;
    QLabel* advice_;
    QWidget* choices_ = nullptr;
    QWidget* recent_ = nullptr;
    QVBoxLayout* recent_files_ = nullptr;
    QPushButton* sign_in_ = nullptr;
    QWidget* steps_ = nullptr;
    QLabel* step_icons_[3] = {};
    QLabel* step_texts_[3] = {};
    QPushButton* copy_ = nullptr;
};

}  // namespace tessera::workbench
