// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Under what name and in which folder a text is to be kept. GUI thread.

#include "app/core/library/library.h"

#include <QDialog>

class QComboBox;
class QLineEdit;

namespace tessera::workbench {

class KeepQueryDialog : public QDialog {
    Q_OBJECT

  public:
    KeepQueryDialog(const app::Library& library, const QString& name, qint64 folder, QWidget* parent);

    QString name() const;
    qint64 folder() const;

  private:
    QLineEdit* name_;
    QComboBox* folder_;
};

}  // namespace tessera::workbench
