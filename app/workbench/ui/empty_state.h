// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What an area shows when it has nothing to show: an icon, one sentence, perhaps what to do, and at most two buttons.
/// GUI thread.

#include <QWidget>

class QLabel;
class QPushButton;

namespace tessera::workbench {

class EmptyState : public QWidget {
    Q_OBJECT

  public:
    enum class Tone { kCalm, kError };

    explicit EmptyState(QWidget* parent = nullptr);

    /// Texts get a capital and a full stop where they lack them.
    void setMessage(const char* icon_name, const QString& sentence, const QString& advice = {},
                    Tone tone = Tone::kCalm);
    /// Empty text hides the button.
    void setAction(const QString& text);
    void setSecondAction(const QString& text);
    /// Its button, if it has one, gets the focus that is in `page` on nothing that can be seen: who came before the
    /// answer goes on from there by the keys.
    void takeFocusOfHidden(const QWidget& page);

    QString sentence() const;

  Q_SIGNALS:
    void actionTriggered();
    void secondActionTriggered();

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void applyColors();

    const char* icon_name_ = "";
    Tone tone_ = Tone::kCalm;
    QLabel* icon_;
    QLabel* sentence_;
    QLabel* advice_;
    QPushButton* action_;
    QPushButton* second_action_;
};

}  // namespace tessera::workbench
