// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What was said about the tab's statements, oldest first: notices of the server, errors with their place, results.
/// Plain text, never interpreted. Bounded: the oldest lines go. GUI thread.

#include <QPlainTextEdit>

namespace tessera::workbench {

class MessagesView : public QPlainTextEdit {
    Q_OBJECT

  public:
    enum class Tone { kPlain, kSuccess, kWarning, kError };

    explicit MessagesView(QWidget* parent = nullptr);

    /// With the time of day before it.
    void add(Tone tone, const QString& text);
    /// An error as describeError() of app/core/sql/error_report.h writes it: what is wrong in the error's colour, where
    /// and why in the text's, and what to do apart from both.
    void addError(const QString& report);

  private:
    void begin();
    void insert(const QString& text, const QColor& color);
};

}  // namespace tessera::workbench
