// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/icons.h"

#include "app/workbench/ui/theme.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

/// Outside any namespace, as Q_INIT_RESOURCE demands: the icons lie in a static library.
static void initIconResources() {
    Q_INIT_RESOURCE(icons);
}

namespace tessera::workbench {

namespace {

constexpr int kIconSize = 16;

QByteArray source(const char* name, const QColor& color) {
    initIconResources();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(QLatin1String(name)));
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    return file.readAll().replace("currentColor", color.name().toLatin1());
}

}  // namespace

QPixmap iconPixmap(const char* name, const QColor& color, int size, qreal device_pixel_ratio) {
    QPixmap pixmap(QSize(size, size) * device_pixel_ratio);
    pixmap.setDevicePixelRatio(device_pixel_ratio);
    pixmap.fill(Qt::transparent);
    QSvgRenderer renderer(source(name, color));
    QPainter painter(&pixmap);
    renderer.render(&painter, QRectF(0, 0, size, size));
    return pixmap;
}

QIcon icon(const char* name) {
    return icon(name, currentTheme().text);
}

QIcon icon(const char* name, const QColor& color) {
    if (source(name, Qt::black).isEmpty()) {
        return {};
    }
    const Theme& theme = currentTheme();
    QIcon made;
    for (const qreal ratio : {1.0, 2.0}) {
        made.addPixmap(iconPixmap(name, color, kIconSize, ratio), QIcon::Normal);
        made.addPixmap(iconPixmap(name, theme.border, kIconSize, ratio), QIcon::Disabled);
    }
    return made;
}

}  // namespace tessera::workbench
