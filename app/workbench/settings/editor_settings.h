// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// How the SQL editors look and help, as the person chose; kept in the settings, and told at once. GUI thread.

#include <QObject>
#include <QString>

class QSettings;

namespace tessera::workbench {

struct EditorOptions {
    /// Empty: the system's fixed one.
    QString font_family;
    /// Pixels at 100 %.
    int font_size = 13;
    int tab_width = 4;
    bool uses_tabs = false;
    bool wraps = false;
    bool shows_line_numbers = true;
    bool shows_blanks = false;
    /// Proposals come while one types, not only when asked for.
    bool proposes = true;
    bool has_upper_case_keywords = true;

    bool operator==(const EditorOptions&) const = default;
};

class EditorSettings : public QObject {
    Q_OBJECT

  public:
    static constexpr int kSmallestFont = 8;
    static constexpr int kLargestFont = 40;
    static constexpr int kWidestTab = 16;

    /// `settings` outlives it.
    explicit EditorSettings(QSettings& settings, QObject* parent = nullptr);

    const EditorOptions& options() const { return options_; }

    void setOptions(const EditorOptions& options);

  Q_SIGNALS:
    void changed();

  private:
    QSettings& settings_;
    EditorOptions options_;
};

}  // namespace tessera::workbench
