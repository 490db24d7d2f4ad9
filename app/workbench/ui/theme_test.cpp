// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/theme.h"

#include <gtest/gtest.h>

namespace tessera::workbench {
namespace {

constexpr double kReadable = 4.5;

class EveryTheme : public testing::TestWithParam<ThemeName> {};

TEST_P(EveryTheme, TextIsReadableOnEverySurfaceItIsDrawnOn) {
    const Theme& t = themeOf(GetParam());
    const std::vector<std::tuple<const char*, QColor, QColor>> pairs = {
        {"text on window", t.text, t.window},
        {"text on surface", t.text, t.surface},
        {"text on raised", t.text, t.raised},
        {"text on hover", t.text, t.hover},
        {"muted on window", t.muted_text, t.window},
        {"muted on surface", t.muted_text, t.surface},
        {"muted on raised", t.muted_text, t.raised},
        {"muted on hover", t.muted_text, t.hover},
        {"accent on surface", t.accent, t.surface},
        {"accent button", t.accent_text, t.accent},
        {"selection", t.selection_text, t.selection},
        {"error on surface", t.error, t.surface},
        {"error on its surface", t.error, t.error_surface},
        {"text on error surface", t.text, t.error_surface},
        {"error on window", t.error, t.window},
        {"warning on surface", t.warning, t.surface},
        {"warning on its surface", t.warning, t.warning_surface},
        {"success on window", t.success, t.window},
        {"null pill", t.null_text, t.null_pill},
        {"line numbers", t.line_number, t.surface},
        {"keyword", t.keyword, t.surface},
        {"keyword on caret line", t.keyword, t.caret_line},
        {"type", t.type_word, t.surface},
        {"string", t.string, t.surface},
        {"number", t.number, t.surface},
        {"comment", t.comment, t.surface},
        {"comment on caret line", t.comment, t.caret_line},
        {"quoted identifier", t.quoted_identifier, t.surface},
    };
    for (const auto& [what, front, back] : pairs) {
        EXPECT_GE(contrastRatio(front, back), kReadable) << what;
    }
}

INSTANTIATE_TEST_SUITE_P(Theme, EveryTheme, testing::Values(ThemeName::kLight, ThemeName::kDark));

TEST(Contrast, IsTheOneOfWcag) {
    EXPECT_NEAR(contrastRatio(Qt::black, Qt::white), 21.0, 0.01);
    EXPECT_NEAR(contrastRatio(Qt::red, Qt::red), 1.0, 0.01);
}

}  // namespace
}  // namespace tessera::workbench
