// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The parts of a window that F6 goes through: its panels, the sides of its splitters, its tabs, its status bar, and
/// each editor in which Tab writes something, which would otherwise not be left. GUI thread.

class QWidget;

namespace tessera::workbench {

enum class PartDirection { kNext, kPrevious };

/// Gives the focus to the first control of the next part, or of the one before, in the order of Tab. Nothing happens
/// where there is no other.
void goToPart(QWidget& window, PartDirection direction);

/// Gives the focus to what had it last in the page, else to what the page says, else to its first control.
void enterPage(QWidget& page);

}  // namespace tessera::workbench
