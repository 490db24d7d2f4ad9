// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// QScintilla's headers, which say `signals` and `slots`: words that QT_NO_KEYWORDS takes away everywhere else.

// clang-format off
#define signals Q_SIGNALS
#define slots Q_SLOTS
#include <Qsci/qscicommandset.h>
#include <Qsci/qscilexersql.h>
#include <Qsci/qsciscintilla.h>
#undef signals
#undef slots
// clang-format on
