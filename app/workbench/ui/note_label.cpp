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
    showIfSaid();
}

bool NoteLabel::event(QEvent* event) {
    const bool is_done = QLabel::event(event);
    if (event->type() == QEvent::ParentChange) {
        showIfSaid();
    }
    return is_done;
}

/// Without a parent it would be a window, and take the keys.
void NoteLabel::showIfSaid() {
    if (parentWidget() != nullptr) {
        setVisible(!text().isEmpty());
    }
}

void NoteLabel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColor();
    }
    QLabel::changeEvent(event);
}

QColor NoteLabel::color() const {
    const Theme& theme = currentTheme();
    switch (tone_) {
        case Tone::kMuted:
            return theme.muted_text;
        case Tone::kText:
            return theme.text;
        case Tone::kWarning:
            return theme.warning;
        case Tone::kError:
            break;
    }
    return theme.error;
}

void NoteLabel::applyColor() {
    // Setting it is a change of the palette, too.
    if (const QString style = QStringLiteral("color: %1;").arg(color().name()); style != styleSheet()) {
        setStyleSheet(style);
    }
}

}  // namespace tessera::workbench
