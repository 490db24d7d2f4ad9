// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The workbench's icons: one-colour SVGs (resources/icons, 16 × 16) in a colour of the theme. GUI thread.

#include <QIcon>
#include <QPixmap>

namespace tessera::workbench {

/// The icon of that name ("run") in the theme's text colour, faint when disabled. An unknown name is an empty icon.
QIcon icon(const char* name);
QIcon icon(const char* name, const QColor& color);

/// The same in a colour and size of one's own, sharp at that device pixel ratio.
QPixmap iconPixmap(const char* name, const QColor& color, int size, qreal device_pixel_ratio);

}  // namespace tessera::workbench
