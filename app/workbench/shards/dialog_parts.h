// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What the dialogs that move, split, rebalance and drain have in common: how fast, the statement that will be run, and
/// the buttons. Made for a dialog that owns them once they are in its layout. The GUI thread's.

class QDialog;
class QFormLayout;
class QHBoxLayout;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;
class QWidget;

namespace tessera::workbench {

/// Rows a second; 0, which it shows in words: as fast as it goes.
QSpinBox* makeSpeedField(const char* object_name);

/// To be read and copied only.
QPlainTextEdit* makeStatementField(const char* object_name);

/// Labels beside their fields, which grow.
QFormLayout* makeOrderForm();

/// With the margins of a dialog.
QVBoxLayout* makeDialogLayout(QDialog& dialog);

/// "Close" and the one that begins, at the right; what is left of the width belongs to `before`, if there is one.
QHBoxLayout* makeButtonRow(QDialog& dialog, QPushButton& begin, QWidget* before = nullptr);

}  // namespace tessera::workbench
