// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A sentence of plain text beside or below something: what it is for, or what is wrong with it. Hidden while it is
/// empty. In the theme's colours. GUI thread.

#include <QColor>
#include <QLabel>

namespace tessera::workbench {

class NoteLabel : public QLabel {
    Q_OBJECT

  public:
    enum class Tone { kMuted, kText, kWarning, kError };

    explicit NoteLabel(const QString& object_name = {}, QWidget* parent = nullptr);

    void setNote(const QString& text, Tone tone = Tone::kMuted);

  protected:
    void changeEvent(QEvent* event) override;

    bool event(QEvent* event) override;

  private:
    void showIfSaid();
    QColor color() const;
    void applyColor();

    Tone tone_ = Tone::kMuted;
};

}  // namespace tessera::workbench
