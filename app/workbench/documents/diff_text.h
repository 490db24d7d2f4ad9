// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Lines with '+', '-' or ' ' before each, in the theme's colours. GUI thread.

#include <QPlainTextEdit>

namespace tessera::workbench {

class DiffText : public QPlainTextEdit {
    Q_OBJECT

  public:
    DiffText(const char* object_name, const QString& accessible_name, QWidget* parent = nullptr);

    /// `empty`: what stands there when there is no difference.
    void setDiff(const QString& diff, const QString& empty);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    class Colors;

    Colors* colors_;
};

}  // namespace tessera::workbench
