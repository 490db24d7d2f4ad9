// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/editor_settings.h"

#include <QSettings>
#include <algorithm>

namespace tessera::workbench {

namespace {

/// Every option with its key: read and written by the same list.
template <class Options, class Visit>
void visitOptions(Options& options, Visit visit) {
    visit("editor/font", options.font_family);
    visit("editor/fontSize", options.font_size);
    visit("editor/tabWidth", options.tab_width);
    visit("editor/tabs", options.uses_tabs);
    visit("editor/wrap", options.wraps);
    visit("editor/lineNumbers", options.shows_line_numbers);
    visit("editor/blanks", options.shows_blanks);
    visit("editor/proposals", options.proposes);
    visit("editor/upperCase", options.has_upper_case_keywords);
}

}  // namespace

EditorSettings::EditorSettings(QSettings& settings, QObject* parent) : QObject(parent), settings_(settings) {
    visitOptions(options_, [this](const char* key, auto& value) {
        using Value = std::remove_reference_t<decltype(value)>;
        value = settings_.value(QLatin1String(key), value).template value<Value>();
    });
    options_.font_size = std::clamp(options_.font_size, kSmallestFont, kLargestFont);
    options_.tab_width = std::clamp(options_.tab_width, 1, kWidestTab);
}

void EditorSettings::setOptions(const EditorOptions& options) {
    if (options == options_) {
        return;
    }
    options_ = options;
    visitOptions(options_,
                 [this](const char* key, const auto& value) { settings_.setValue(QLatin1String(key), value); });
    Q_EMIT changed();
}

}  // namespace tessera::workbench
