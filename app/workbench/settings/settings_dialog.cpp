// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/settings_dialog.h"

#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/settings/editor_page.h"
#include "app/workbench/settings/shortcuts_page.h"
#include "app/workbench/settings/snippets_page.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/language.h"
#include "app/workbench/ui/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kCategoriesWidth = 160;

}  // namespace

SettingsDialog::SettingsDialog(const Subjects& subjects, QWidget* parent)
    : QDialog(parent),
      appearance_(subjects.appearance),
      categories_(new QListWidget),
      pages_(new QStackedWidget),
      shortcuts_page_(new ShortcutsPage(subjects.shortcuts)) {
    setObjectName(QStringLiteral("settingsDialog"));
    setWindowTitle(tr("Settings"));
    auto* field = new QLineEdit;
    field->setObjectName(QStringLiteral("settingsSearch"));
    field->setPlaceholderText(tr("Search settings and shortcuts"));
    field->setAccessibleName(tr("Search settings and shortcuts"));
    field->setClearButtonEnabled(true);
    categories_->setObjectName(QStringLiteral("settingsCategories"));
    categories_->setAccessibleName(tr("Categories"));
    categories_->setFixedWidth(kCategoriesWidth);
    categories_->setFrameShape(QFrame::NoFrame);
    categories_->setStyleSheet(QStringLiteral("QListWidget { padding: 6px; }"));
    categories_->addItems({tr("Appearance"), tr("Shortcuts"), tr("Editor"), tr("Snippets"), tr("Plugins")});
    pages_->addWidget(buildAppearancePage());
    pages_->addWidget(shortcuts_page_);
    pages_->addWidget(new EditorPage(subjects.editor));
    pages_->addWidget(new SnippetsPage(subjects.library));
    pages_->addWidget(buildPluginsPage());
    auto* close = new QPushButton(tr("Close"));
    close->setObjectName(QStringLiteral("settingsClose"));
    close->setAutoDefault(false);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(16);
    columns->addWidget(categories_);
    columns->addWidget(pages_, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addWidget(field);
    layout->addLayout(columns, 1);
    layout->addWidget(close, 0, Qt::AlignRight);
    constexpr QSize kSize(720, 520);
    resize(kSize);
    connect(categories_, &QListWidget::currentRowChanged, pages_, &QStackedWidget::setCurrentIndex);
    connect(field, &QLineEdit::textChanged, this, &SettingsDialog::search);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    categories_->setCurrentRow(0);
    // Choosing a row lays them out before the theme has said how high they are.
    QMetaObject::invokeMethod(
        categories_, [this] { categories_->doItemsLayout(); }, Qt::QueuedConnection);
}

QWidget* SettingsDialog::buildPluginsPage() {
    QTreeView* table =
        makeFactsTable("pluginsTable", tr("Plugins"), {tr("Plugin"), tr("Kind"), tr("State"), tr("File")});
    const auto fill = [table] {
        QList<QStringList> rows;
        for (const PluginRegistry::Plugin& plugin : PluginRegistry::ofProcess().plugins()) {
            const QString kind = plugin.kind == PluginRegistry::Kind::kPanel      ? tr("panel")
                                 : plugin.kind == PluginRegistry::Kind::kExporter ? tr("export format")
                                                                                  : tr("cell viewer");
            rows += QStringList{plugin.title, plugin.problem.isEmpty() ? kind : QString(),
                                plugin.problem.isEmpty() ? tr("ready") : plugin.problem, plugin.file};
        }
        fillFactsTable(table, rows);
    };
    connect(&PluginRegistry::ofProcess(), &PluginRegistry::found, table, fill);
    fill();
    return table;
}

QWidget* SettingsDialog::buildAppearancePage() {
    auto* theme = new QComboBox;
    theme->setObjectName(QStringLiteral("themeChoice"));
    theme->addItem(tr("As the system has it"), QVariant::fromValue(Appearance::Mode::kSystem));
    theme->addItem(tr("Light"), QVariant::fromValue(Appearance::Mode::kLight));
    theme->addItem(tr("Dark"), QVariant::fromValue(Appearance::Mode::kDark));
    theme->setCurrentIndex(theme->findData(QVariant::fromValue(appearance_.mode())));
    auto* scale = new QComboBox;
    scale->setObjectName(QStringLiteral("scaleChoice"));
    for (const int percent : Appearance::scales()) {
        scale->addItem(tr("%1 %").arg(percent), percent);
    }
    scale->setCurrentIndex(scale->findData(appearance_.scale()));
    auto* language = new QComboBox;
    language->setObjectName(QStringLiteral("languageChoice"));
    language->addItem(tr("As the system has it"), QString());
    for (const auto& [code, name] : languages()) {
        language->addItem(name, code);
    }
    language->setCurrentIndex(language->findData(appearance_.language()));
    restart_note_ = new QLabel(tr("Counts from the next start. Your tabs and their text come back."));
    restart_note_->setWordWrap(true);
    restart_ = new QPushButton(tr("Start again now"));
    restart_->setObjectName(QStringLiteral("restartButton"));
    restart_->setAutoDefault(false);
    auto* page = new QWidget;
    page->setObjectName(QStringLiteral("appearancePage"));
    auto* form = new QFormLayout(page);
    form->setContentsMargins(0, 4, 0, 0);
    form->setVerticalSpacing(12);
    form->setHorizontalSpacing(16);
    form->addRow(tr("Theme"), theme);
    form->addRow(tr("Size of everything"), scale);
    form->addRow(tr("Language"), language);
    form->addRow(QString(), restart_note_);
    form->addRow(QString(), restart_);
    connect(theme, &QComboBox::currentIndexChanged, this,
            [this, theme](int index) { appearance_.setMode(theme->itemData(index).value<Appearance::Mode>()); });
    connect(&appearance_, &Appearance::themeChanged, theme,
            [this, theme] { theme->setCurrentIndex(theme->findData(QVariant::fromValue(appearance_.mode()))); });
    connect(scale, &QComboBox::currentIndexChanged, this,
            [this, scale](int index) { appearance_.setScale(scale->itemData(index).toInt()); });
    connect(&appearance_, &Appearance::scaleChanged, this, &SettingsDialog::updateRestart);
    connect(language, &QComboBox::currentIndexChanged, this,
            [this, language](int index) { appearance_.setLanguage(language->itemData(index).toString()); });
    connect(&appearance_, &Appearance::languageChanged, this, &SettingsDialog::updateRestart);
    connect(restart_, &QPushButton::clicked, this, &SettingsDialog::restartRequested);
    updateRestart();
    return page;
}

void SettingsDialog::updateRestart() {
    restart_note_->setVisible(appearance_.needsRestart());
    restart_->setVisible(appearance_.needsRestart());
}

void SettingsDialog::search(const QString& text) {
    shortcuts_page_->filter(text);
    const QString appearance_words = tr("Appearance theme light dark system size scale zoom language");
    const bool is_of_appearance = appearance_words.contains(text, Qt::CaseInsensitive);
    const QString editor_words =
        tr("Editor font tab width indent wrap line numbers blanks proposals keywords capitals");
    const bool is_of_editor = editor_words.contains(text, Qt::CaseInsensitive);
    const bool is_of_snippets = tr("Snippets").contains(text, Qt::CaseInsensitive);
    constexpr int kShortcuts = 1;
    constexpr int kEditor = 2;
    constexpr int kSnippets = 3;
    categories_->setCurrentRow(text.isEmpty() || is_of_appearance ? 0
                               : is_of_editor                     ? kEditor
                               : is_of_snippets                   ? kSnippets
                                                                  : kShortcuts);
}

}  // namespace tessera::workbench
