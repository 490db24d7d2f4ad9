// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/theme.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QFontDatabase>
#include <QPainter>
#include <QPalette>
#include <QProxyStyle>
#include <QScreen>
#include <QStyleOption>
#include <algorithm>
#include <array>
#include <cmath>

namespace tessera::workbench {

namespace {

constexpr int kFontPixels = 13;

const Theme kLight{
    .name = ThemeName::kLight,
    .window = QColor(0xF3F4F7),
    .surface = QColor(0xFFFFFF),
    .raised = QColor(0xFAFBFC),
    .border = QColor(0xD4D9E1),
    .text = QColor(0x1B2230),
    .muted_text = QColor(0x586273),
    .accent = QColor(0x2356C4),
    .accent_text = QColor(0xFFFFFF),
    .selection = QColor(0xCFE0FF),
    .selection_text = QColor(0x14203A),
    .hover = QColor(0xE6EAF1),
    .error = QColor(0xB3261E),
    .error_surface = QColor(0xFDEDEB),
    .warning = QColor(0x7A5200),
    .warning_surface = QColor(0xFFF4DC),
    .success = QColor(0x1B6B3A),
    .null_pill = QColor(0xE9ECF1),
    .null_text = QColor(0x586273),
    .caret_line = QColor(0xF3F6FC),
    .line_number = QColor(0x687283),
    .keyword = QColor(0x1A4FBF),
    .type_word = QColor(0x0B6A73),
    .string = QColor(0x176B38),
    .number = QColor(0x8A3795),
    .comment = QColor(0x657083),
    .quoted_identifier = QColor(0x7D4A0B),
};

const Theme kDark{
    .name = ThemeName::kDark,
    .window = QColor(0x1C2028),
    .surface = QColor(0x14171E),
    .raised = QColor(0x242A35),
    .border = QColor(0x353D4B),
    .text = QColor(0xE4E8EF),
    .muted_text = QColor(0xA0ABBB),
    .accent = QColor(0x7AA8FF),
    .accent_text = QColor(0x0B1222),
    .selection = QColor(0x2C4A85),
    .selection_text = QColor(0xFFFFFF),
    .hover = QColor(0x2B3240),
    .error = QColor(0xFF8F85),
    .error_surface = QColor(0x3A1F21),
    .warning = QColor(0xEBBA63),
    .warning_surface = QColor(0x382C15),
    .success = QColor(0x74D49E),
    .null_pill = QColor(0x2A313D),
    .null_text = QColor(0xA0ABBB),
    .caret_line = QColor(0x1B202A),
    .line_number = QColor(0x8793A6),
    .keyword = QColor(0x86ADFF),
    .type_word = QColor(0x6CCBD3),
    .string = QColor(0xA3D69E),
    .number = QColor(0xE0A8EE),
    .comment = QColor(0x8C98AB),
    .quoted_identifier = QColor(0xE3BE8A),
};

const Theme* current = &kLight;

QPalette paletteOf(const Theme& theme) {
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Base, theme.surface);
    palette.setColor(QPalette::AlternateBase, theme.raised);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.muted_text);
    palette.setColor(QPalette::Button, theme.raised);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.error);
    palette.setColor(QPalette::Highlight, theme.selection);
    palette.setColor(QPalette::HighlightedText, theme.selection_text);
    palette.setColor(QPalette::Link, theme.accent);
    palette.setColor(QPalette::ToolTipBase, theme.raised);
    palette.setColor(QPalette::ToolTipText, theme.text);
    palette.setColor(QPalette::Light, theme.raised);
    palette.setColor(QPalette::Midlight, theme.hover);
    palette.setColor(QPalette::Mid, theme.border);
    palette.setColor(QPalette::Dark, theme.border);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, theme.muted_text);
    }
    return palette;
}

/// What Fusion draws with bevels and gradients is drawn flat; everything else is left to the style.
QString styleSheetOf(const Theme& theme) {
    QString sheet = QStringLiteral(
        "QToolTip { background: @raised; color: @text; border: 1px solid @border; padding: 4px; }"
        "QMainWindow::separator { background: @border; width: 1px; height: 1px; }"
        "QSplitter::handle { background: @border; }"
        "QMenuBar { background: @window; color: @text; padding: 2px 4px; }"
        "QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }"
        "QMenuBar::item:selected { background: @hover; }"
        "QMenu { background: @surface; color: @text; border: 1px solid @border; padding: 4px; }"
        "QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }"
        "QMenu::item:selected { background: @selection; color: @selection_text; }"
        "QMenu::item:disabled { color: @muted_text; }"
        "QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }"
        "QStatusBar { background: @window; border-top: 1px solid @border; }"
        "QStatusBar::item { border: none; }"
        "QTabWidget::pane { border: none; }"
        "QTabBar { background: @window; }"
        "QTabBar::tab { background: transparent; color: @muted_text; padding: 7px 12px; border: none;"
        " border-bottom: 2px solid transparent; }"
        "QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; background: @surface; }"
        "QTabBar::tab:hover:!selected { background: @hover; }"
        "QTreeView, QListView, QTextBrowser { background: @surface; border: none; outline: 0; }"
        "QPlainTextEdit[framed=\"true\"] { background: @surface; border: 1px solid @border; border-radius: 4px; }"
        "QPlainTextEdit[framed=\"true\"]:focus { border-color: @accent; }"
        "QFrame[card=\"true\"] { background: @surface; border: 1px solid @border; border-radius: 6px; }"
        "QLabel[muted=\"true\"] { color: @muted_text; }"
        // What is done stands at the right in every dialog, whatever the desktop's habit.
        "QDialogButtonBox { button-layout: 3; }"
        "QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 4px 8px; color: @text; }"
        "QToolButton:hover { background: @hover; }"
        "QToolButton:pressed, QToolButton:checked { background: @selection; color: @selection_text; }"
        "QToolButton:disabled { color: @muted_text; }"
        "QToolButton:focus { border-color: @accent; }"
        "QToolButton[chip=\"true\"] { background: @raised; border-color: @border; border-radius: 9px; padding: 1px "
        "8px; }"
        "QToolButton[chip=\"true\"]:hover, QToolButton[chip=\"true\"]:focus { border-color: @accent; }"
        "QToolButton::menu-button { border: none; width: 16px; }"
        "QAbstractScrollArea::corner { background: @surface; border: none; }"
        "QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }"
        "QPushButton { background: @accent; color: @accent_text; border: 1px solid @accent; border-radius: 4px;"
        " padding: 6px 16px; }"
        "QPushButton:hover { border-color: @text; }"
        "QPushButton:focus { border-color: @text; }"
        "QPushButton[secondary=\"true\"] { background: @raised; color: @text; border-color: @border; }"
        "QPushButton[secondary=\"true\"]:hover, QPushButton[secondary=\"true\"]:focus { border-color: @accent; }"
        "QPushButton:disabled, QPushButton[secondary=\"true\"]:disabled { background: @window; color: @muted_text;"
        " border-color: @border; }"
        "QPlainTextEdit[field=\"true\"] { background: @surface; border: 1px solid @border; border-radius: 4px;"
        " padding: 2px 4px; }"
        "QPlainTextEdit[field=\"true\"]:focus { border-color: @accent; }"
        "QLineEdit { background: @surface; color: @text; border: 1px solid @border; border-radius: 4px; padding: 4px "
        "8px; }"
        "QLineEdit:focus, QLineEdit:hover { border-color: @accent; }"
        "QLineEdit:disabled { background: @window; }"
        "QSpinBox, QTimeEdit { background: @surface; color: @text; border: 1px solid @border; border-radius: 4px; "
        "padding: 4px "
        "8px; }"
        "QSpinBox:focus, QSpinBox:hover, QTimeEdit:focus, QTimeEdit:hover { border-color: @accent; }"
        "QSpinBox::up-button, QSpinBox::down-button, QTimeEdit::up-button, QTimeEdit::down-button { border: none;"
        " subcontrol-origin: padding; width: 20px; }"
        "QSpinBox::up-button, QTimeEdit::up-button { subcontrol-position: top right; }"
        "QSpinBox::down-button, QTimeEdit::down-button { subcontrol-position: bottom right; }"
        "QSpinBox::up-arrow, QTimeEdit::up-arrow { image: url(:/icons/chevron-up-@name.svg); width: 10px; height: "
        "10px; }"
        "QSpinBox::down-arrow, QTimeEdit::down-arrow { image: url(:/icons/chevron-@name.svg); width: 10px; height: "
        "10px; }"
        "QCheckBox { spacing: 8px; color: @text; }"
        "QCheckBox::indicator, QTreeView[checks=\"true\"]::indicator { width: 14px; height: 14px; border: 1px solid "
        "@muted_text; border-radius: 3px;"
        " background: @surface; }"
        "QRadioButton { spacing: 8px; color: @text; }"
        "QRadioButton:disabled { color: @muted_text; }"
        "QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid @muted_text; border-radius: 7px;"
        " background: @surface; }"
        "QRadioButton::indicator:hover, QRadioButton::indicator:focus { border-color: @accent; }"
        "QRadioButton::indicator:checked { border: 4px solid @accent; width: 6px; height: 6px; }"
        "QRadioButton::indicator:disabled { border-color: @border; }"
        "QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: @accent; }"
        "QCheckBox::indicator:checked, QTreeView[checks=\"true\"]::indicator:checked { background: @accent; "
        "border-color: @accent;"
        " image: url(:/icons/check-@name.svg); }"
        "QComboBox, QDateEdit { background: @surface; color: @text; border: 1px solid @border; border-radius: 4px; "
        "padding: 3px "
        "8px; }"
        "QComboBox:focus, QComboBox:hover, QDateEdit:focus, QDateEdit:hover { border-color: @accent; }"
        "QComboBox::drop-down, QDateEdit::drop-down { border: none; width: 20px; }"
        "QToolButton[popupMode=\"2\"] { padding-right: 20px; }"
        "QToolButton::menu-indicator { image: url(:/icons/chevron-@name.svg); width: 12px; height: 12px;"
        " subcontrol-origin: padding; subcontrol-position: center right; right: 4px; }"
        "QPushButton::menu-indicator { image: url(:/icons/chevron-@name.svg); width: 12px; height: 12px;"
        " subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }"
        "QComboBox::down-arrow, QDateEdit::down-arrow, QToolButton::menu-arrow { image: "
        "url(:/icons/chevron-@name.svg); width: 12px; height: "
        "12px; }"
        "QComboBox QAbstractItemView { background: @surface; color: @text; border: 1px solid @border;"
        " selection-background-color: @selection; selection-color: @selection_text; }"
        "QTreeWidget::item, QListWidget::item { padding: 4px 6px; }"
        "QHeaderView { background: @window; }"
        "QHeaderView::section { background: @window; color: @muted_text; border: none; border-bottom: 1px solid "
        "@border;"
        " padding: 5px 8px; }"
        "QWidget#resultNoteBar { background: @error_surface; }"
        "QLabel#resultNote { color: @error; }"
        "QScrollBar:vertical { background: @surface; width: 12px; margin: 0; }"
        "QScrollBar:horizontal { background: @surface; height: 12px; margin: 0; }"
        "QScrollBar::handle { background: @border; border-radius: 4px; margin: 2px; }"
        "QScrollBar::handle:vertical { min-height: 32px; }"
        "QScrollBar::handle:horizontal { min-width: 32px; }"
        "QScrollBar::handle:hover { background: @muted_text; }"
        "QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }"
        "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }");
    const std::array<std::pair<const char*, QColor>, 14> values{{
        // A name that another one begins with stands behind it.
        {"@selection_text", theme.selection_text},
        {"@selection", theme.selection},
        {"@accent_text", theme.accent_text},
        {"@accent", theme.accent},
        {"@muted_text", theme.muted_text},
        {"@text", theme.text},
        {"@window", theme.window},
        {"@surface", theme.surface},
        {"@raised", theme.raised},
        {"@border", theme.border},
        {"@hover", theme.hover},
        {"@error_surface", theme.error_surface},
        {"@error", theme.error},
        {"@warning", theme.warning},
    }};
    for (const auto& [name, color] : values) {
        sheet.replace(QLatin1String(name), color.name());
    }
    sheet.replace(QLatin1String("@name"), QLatin1String(theme.name == ThemeName::kDark ? "dark" : "light"));
    return sheet;
}

/// What a style sheet has no words for.
class FlatStyle final : public QProxyStyle {
  public:
    FlatStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override {
        if (element == PE_FrameTabBarBase) {
            return;  // a dark line above tabs that lie at the top of something
        }
        // QTreeView does not say whose row it is.
        const bool is_row = widget == nullptr || qobject_cast<const QAbstractItemView*>(widget) != nullptr;
        if (element != PE_FrameFocusRect || !is_row) {
            QProxyStyle::drawPrimitive(element, option, painter, widget);
            return;
        }
        // The row that the keys act on; Fusion's is a rounded gradient over it.
        painter->save();
        painter->setPen(currentTheme().accent);
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
    }
};

double luminance(const QColor& color) {
    const auto linear = [](double channel) {
        return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

const Theme& themeOf(ThemeName name) {
    return name == ThemeName::kDark ? kDark : kLight;
}

const Theme& currentTheme() {
    return *current;
}

void applyTheme(QApplication& application, ThemeName name) {
    current = &themeOf(name);
    QFont font = application.font();
    font.setPixelSize(kFontPixels);
    application.setFont(font);
    application.setStyle(new FlatStyle);
    application.setPalette(paletteOf(*current));
    application.setStyleSheet(styleSheetOf(*current));
}

double contrastRatio(const QColor& a, const QColor& b) {
    const auto [darker, lighter] = std::minmax({luminance(a), luminance(b)});
    return (lighter + 0.05) / (darker + 0.05);
}

QFont monospaceFont() {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    // In points, because QScintilla asks for them; as large as the pixels of the interface's font.
    constexpr double kPointsPerInch = 72.0;
    const QScreen* screen = QGuiApplication::primaryScreen();
    const double dots_per_inch = screen != nullptr ? screen->logicalDotsPerInchY() : 96.0;
    font.setPointSizeF(kFontPixels * kPointsPerInch / dots_per_inch);
    return font;
}

}  // namespace tessera::workbench
