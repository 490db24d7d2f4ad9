// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/accessibility.h"

#include <utility>

namespace tessera::workbench {

namespace {

std::function<void(QAccessibleEvent&)>& listenerOfProcess() {
    static std::function<void(QAccessibleEvent&)> listener;
    return listener;
}

}  // namespace

bool isAccessibilityHeard() {
    return QAccessible::isActive() || listenerOfProcess();
}

void tellAccessibility(QAccessibleEvent& event) {
    if (listenerOfProcess()) {
        listenerOfProcess()(event);
    }
    if (QAccessible::isActive()) {
        QAccessible::updateAccessibility(&event);
    }
}

void setAccessibilityListener(std::function<void(QAccessibleEvent&)> listener) {
    listenerOfProcess() = std::move(listener);
}

}  // namespace tessera::workbench
