// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Says in a tab's bar how its transaction stands and since when; hidden where each statement commits by itself. GUI
/// thread.

#include "app/core/session/transaction.h"

#include <QLabel>
#include <QTimer>

namespace tessera::workbench {

class TransactionChip : public QLabel {
    Q_OBJECT

  public:
    /// The transaction outlives the chip.
    explicit TransactionChip(const app::Transaction& transaction, QWidget* parent = nullptr);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void update();
    void updateColors();

    const app::Transaction& transaction_;
    /// Ticks the age while a transaction is open.
    QTimer clock_;
};

}  // namespace tessera::workbench
