// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// QScintilla's SQL lexer with PostgreSQL's words and the theme's colours. Table names are no keywords here: large word
/// lists make styling many times slower. Owned by its editor; GUI thread.

#include "app/workbench/editor/qscintilla.h"

namespace tessera::workbench {

class SqlLexer : public QsciLexerSQL {
    Q_OBJECT

  public:
    explicit SqlLexer(QObject* parent);

    /// Colours and fonts of every style, from the current theme.
    void applyTheme(const QFont& font);

    const char* keywords(int set) const override;
};

}  // namespace tessera::workbench
