// SPDX-License-Identifier: GPL-3.0-or-later
// One function of QScintilla, made anew (docs/decisions/0028-an-editor-that-counts-in-steps.md).
//
// QScintilla tells Qt's accessibility of every change of a text, whether or not anything reads the screen, and asks
// Scintilla for the number of characters before it: counted one by one from the text's start, that is 20 ms for each
// key at the end of 5 MB. The library cannot be told not to. All its questions go through this function, though, and
// the linker takes ours before the library's: it answers the one question from the editor's index and hands on the
// rest. If a QScintilla comes that does not call it, keys in large texts are slow again and a test says so
// (SqlEditorAccessibleTest.AKeyReadsAFewKilobytesOfALargeText).
#include "app/workbench/editor/sql_editor.h"

// Visible to the library, unlike all else here.
[[gnu::visibility("default")]] long QsciScintillaBase::SendScintilla(unsigned int message, unsigned long first,
                                                                     long second) const {
    if (message == SCI_COUNTCHARACTERS && first == 0) {
        if (const auto* editor = qobject_cast<const tessera::workbench::SqlEditor*>(this)) {
            return editor->countForAccessibility(static_cast<std::size_t>(second));
        }
    }
    // The same for the library; an integer is what it makes of the pointer.
    return SendScintilla(message, first, reinterpret_cast<void*>(second));
}
