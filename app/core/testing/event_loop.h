#pragma once

/// Turns Qt's event loop in a test until something is true. GUI thread.

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QEventLoop>

namespace tessera::app {

/// Whether the condition became true within the deadline.
template <class Condition>
bool processEventsUntil(Condition condition, int deadline_ms = 90'000) {
    QDeadlineTimer deadline(deadline_ms);
    constexpr int kTurn_ms = 10;
    while (!condition()) {
        if (deadline.hasExpired()) {
            return false;
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, kTurn_ms);
    }
    return true;
}

/// One turn of the loop with everything that is waiting now.
inline void processPendingEvents() {
    QCoreApplication::processEvents();
}

}  // namespace tessera::app
