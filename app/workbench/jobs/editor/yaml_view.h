// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A job that is being written as the text that `tessera job export` gives, and what is wrong with it. GUI thread.

#include "app/core/jobs/job_draft.h"

#include <QWidget>

class QListWidget;
class QPlainTextEdit;

namespace tessera::workbench {

class YamlView : public QWidget {
    Q_OBJECT

  public:
    explicit YamlView(app::JobDraft& draft, QWidget* parent = nullptr);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void showAll();
    void showText();

    app::JobDraft& draft_;
    QPlainTextEdit* text_;
    QListWidget* problems_;
    bool is_typing_ = false;
    bool is_showing_ = false;
};

}  // namespace tessera::workbench
