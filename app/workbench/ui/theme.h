// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The colours of the workbench, light and dark: one table that every widget, the editor's styles and the icons are
/// drawn from. Values; GUI thread. theme_test.cpp holds every pair that carries text to a contrast of 4.5:1.

#include <QColor>
#include <QFont>

class QApplication;

namespace tessera::workbench {

enum class ThemeName { kLight, kDark };

struct Theme {
    ThemeName name;
    /// Behind panels and bars.
    QColor window;
    /// Behind text, rows and trees.
    QColor surface;
    /// Buttons, headers and tabs that lie on the window.
    QColor raised;
    QColor border;
    QColor text;
    QColor muted_text;
    QColor accent;
    QColor accent_text;
    QColor selection;
    QColor selection_text;
    QColor hover;
    QColor error;
    QColor error_surface;
    QColor warning;
    QColor warning_surface;
    QColor success;
    QColor null_pill;
    QColor null_text;
    QColor caret_line;
    QColor line_number;
    QColor keyword;
    QColor type_word;
    QColor string;
    QColor number;
    QColor comment;
    QColor quoted_identifier;
};

const Theme& themeOf(ThemeName name);

/// The theme last applied.
const Theme& currentTheme();

/// Gives palette, style and font to the program. Widgets with colours of their own follow on QEvent::PaletteChange.
void applyTheme(QApplication& application, ThemeName name);

/// Contrast of two opaque colours by WCAG 2: from 1 to 21.
double contrastRatio(const QColor& a, const QColor& b);

/// The font of SQL and of cells.
QFont monospaceFont();

}  // namespace tessera::workbench
