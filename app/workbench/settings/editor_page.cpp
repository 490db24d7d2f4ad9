// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/editor_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QPushButton>
#include <QSpinBox>
#include <algorithm>

namespace tessera::workbench {

EditorPage::EditorPage(EditorSettings& settings, QWidget* parent) : QWidget(parent), settings_(settings) {
    setObjectName(QStringLiteral("editorPage"));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 4, 0, 0);
    form->setVerticalSpacing(10);
    form->setHorizontalSpacing(16);
    addFont(form);
    addNumber(form, "editorFontSize", tr("Size of the font"), &EditorOptions::font_size, EditorSettings::kSmallestFont,
              EditorSettings::kLargestFont);
    addNumber(form, "editorTabWidth", tr("Columns of a tab"), &EditorOptions::tab_width, 1, EditorSettings::kWidestTab);
    addSwitch(form, "editorTabs", tr("Indent with tabs, not blanks"), &EditorOptions::uses_tabs);
    addSwitch(form, "editorWrap", tr("Wrap long lines"), &EditorOptions::wraps);
    addSwitch(form, "editorLineNumbers", tr("Line numbers"), &EditorOptions::shows_line_numbers);
    addSwitch(form, "editorBlanks", tr("Show blanks and tabs"), &EditorOptions::shows_blanks);
    addSwitch(form, "editorProposals", tr("Propose names while typing"), &EditorOptions::proposes);
    addSwitch(form, "editorUpperCase", tr("Keywords in capitals, proposed and formatted"),
              &EditorOptions::has_upper_case_keywords);
    auto* reset = new QPushButton(tr("As it was at first"));
    reset->setObjectName(QStringLiteral("editorReset"));
    reset->setProperty("secondary", true);
    reset->setAutoDefault(false);
    connect(reset, &QPushButton::clicked, this, [this] { settings_.setOptions({}); });
    form->addRow(QString(), reset);
}

void EditorPage::addFont(QFormLayout* form) {
    auto* fonts = new QComboBox;
    fonts->setObjectName(QStringLiteral("editorFont"));
    fonts->addItem(tr("As the system has it"), QString());
    for (const QString& family : QFontDatabase::families()) {
        if (QFontDatabase::isFixedPitch(family) && !QFontDatabase::isPrivateFamily(family)) {
            fonts->addItem(family, family);
        }
    }
    const auto show = [this, fonts] {
        fonts->setCurrentIndex(std::max(0, fonts->findData(settings_.options().font_family)));
    };
    show();
    connect(&settings_, &EditorSettings::changed, fonts, show);
    connect(fonts, &QComboBox::activated, this, [this, fonts](int index) {
        EditorOptions options = settings_.options();
        options.font_family = fonts->itemData(index).toString();
        settings_.setOptions(options);
    });
    form->addRow(tr("Font"), fonts);
}

void EditorPage::addNumber(QFormLayout* form, const char* object_name, const QString& text, int EditorOptions::*option,
                           int smallest, int largest) {
    auto* number = new QSpinBox;
    number->setObjectName(QLatin1String(object_name));
    number->setRange(smallest, largest);
    number->setButtonSymbols(QAbstractSpinBox::NoButtons);
    number->setValue(settings_.options().*option);
    connect(number, &QSpinBox::valueChanged, this, [this, option](int value) {
        EditorOptions options = settings_.options();
        options.*option = value;
        settings_.setOptions(options);
    });
    connect(&settings_, &EditorSettings::changed, number,
            [this, number, option] { number->setValue(settings_.options().*option); });
    form->addRow(text, number);
}

void EditorPage::addSwitch(QFormLayout* form, const char* object_name, const QString& text,
                           bool EditorOptions::*option) {
    auto* box = new QCheckBox(text);
    box->setObjectName(QLatin1String(object_name));
    box->setChecked(settings_.options().*option);
    connect(box, &QCheckBox::toggled, this, [this, option](bool is_on) {
        EditorOptions options = settings_.options();
        options.*option = is_on;
        settings_.setOptions(options);
    });
    connect(&settings_, &EditorSettings::changed, box,
            [this, box, option] { box->setChecked(settings_.options().*option); });
    form->addRow(QString(), box);
}

}  // namespace tessera::workbench
