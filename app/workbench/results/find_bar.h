// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Ctrl+F in a result: how many rows have the text, and the way from one to the next. Searches off the GUI thread. GUI
/// thread.

#include "app/core/results/result_view.h"
#include "app/core/thread/background_task.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;

namespace tessera::workbench {

class ResultGrid;

class FindBar : public QWidget {
    Q_OBJECT

  public:
    explicit FindBar(ResultGrid& grid, QWidget* parent);

    void open();
    void close();
    /// The grid shows other rows: what was found is looked for again.
    void refresh();

    QString status() const;

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    enum class Step { kNext, kPrevious };

    void search();
    void go(Step step);
    void showStatus();

    ResultGrid& grid_;
    QLineEdit* field_;
    QLabel* status_;
    QTimer typing_;
    app::RowOrder rows_;
    app::BackgroundTask task_;
};

}  // namespace tessera::workbench
