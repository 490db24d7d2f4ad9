// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/transaction_chip.h"

#include "app/workbench/ui/theme.h"

#include <QEvent>

namespace tessera::workbench {

namespace {

using State = app::Transaction::State;

/// "0:42", "1:03:07".
QString ageText(const QDateTime& since) {
    constexpr qint64 kMinute = 60;
    constexpr qint64 kHour = 3600;
    const qint64 age = std::max<qint64>(0, since.secsTo(QDateTime::currentDateTime()));
    const QString seconds = QStringLiteral("%1").arg(age % kMinute, 2, 10, QLatin1Char('0'));
    if (age < kHour) {
        return QStringLiteral("%1:%2").arg(age / kMinute).arg(seconds);
    }
    return QStringLiteral("%1:%2:%3").arg(age / kHour).arg(age % kHour / kMinute, 2, 10, QLatin1Char('0')).arg(seconds);
}

}  // namespace

TransactionChip::TransactionChip(const app::Transaction& transaction, QWidget* parent)
    : QLabel(parent), transaction_(transaction) {
    setObjectName(QStringLiteral("transactionChip"));
    constexpr int kSecond_ms = 1000;
    clock_.setInterval(kSecond_ms);
    connect(&clock_, &QTimer::timeout, this, &TransactionChip::update);
    connect(&transaction_, &app::Transaction::changed, this, &TransactionChip::update);
    update();
}

void TransactionChip::update() {
    const bool is_manual = transaction_.mode() == app::Transaction::Mode::kManual;
    setVisible(is_manual || transaction_.isOpen());
    switch (transaction_.state()) {
        case State::kNone:
            setText(tr("No open transaction"));
            setToolTip(tr("The next statement begins one"));
            break;
        case State::kOpen:
            setText(tr("Transaction open · %1").arg(ageText(transaction_.since())));
            setToolTip(tr("Nothing of it counts before it is committed; others may wait for its locks"));
            break;
        case State::kFailed:
            setText(tr("Transaction failed · %1").arg(ageText(transaction_.since())));
            setToolTip(tr("A statement of it failed: it can only be rolled back"));
            break;
    }
    const bool is_ticking = transaction_.state() != State::kNone;
    if (is_ticking != clock_.isActive()) {
        is_ticking ? clock_.start() : clock_.stop();
    }
    updateColors();
}

void TransactionChip::updateColors() {
    const Theme& theme = currentTheme();
    const bool is_failed = transaction_.state() == State::kFailed;
    const bool is_open = transaction_.state() == State::kOpen;
    const QColor text = is_failed ? theme.error : is_open ? theme.warning : theme.muted_text;
    const QColor surface = is_failed ? theme.error_surface : is_open ? theme.warning_surface : theme.window;
    const QString style = QStringLiteral("color: %1; background: %2; border-radius: 4px; padding: 3px 8px;")
                              .arg(text.name(), surface.name());
    if (styleSheet() != style) {
        setStyleSheet(style);
    }
}

void TransactionChip::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        updateColors();
    }
}

}  // namespace tessera::workbench
