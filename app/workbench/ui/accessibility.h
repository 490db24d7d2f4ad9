// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What our own widgets tell screen readers goes through here: nothing is made ready while nobody listens. GUI thread.

#include <QAccessible>
#include <functional>

namespace tessera::workbench {

/// Whether telling has a meaning now.
bool isAccessibilityHeard();

void tellAccessibility(QAccessibleEvent& event);

/// Hears all that is told, in place of a screen reader: for tests, which have none. Null: no longer.
void setAccessibilityListener(std::function<void(QAccessibleEvent&)> listener);

}  // namespace tessera::workbench
