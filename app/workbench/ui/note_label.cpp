// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/note_label.h"

#include "app/workbench/ui/theme.h"

#include <QEvent>

namespace tessera::workbench {

NoteLabel::NoteLabel(const QString& object_name, QWidget* parent) : QLabel(parent) {
    setObjectName(object_name);
    setWordWrap(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setTextFormat(Qt::PlainText);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    applyColor();
    hide();
}

void NoteLabel::setNote(const QString& text, Tone tone) {
    tone_ = tone;
    setText(text);
    applyColor();
    setVisible(!text.isEmpty());
}

void NoteLabel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColor();
    }
    QLabel::changeEvent(event);
}

void NoteLabel::applyColor() {
    const QColor& color = tone_ == Tone::kError ? currentTheme().error : currentTheme().muted_text;
    // Setting it is a change of the palette, too.
    if (const QString style = QStringLiteral("color: %1;").arg(color.name()); style != styleSheet()) {
        setStyleSheet(style);
    }
}

}  // namespace tessera::workbench
