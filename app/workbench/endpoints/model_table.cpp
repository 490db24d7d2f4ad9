// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/model_table.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <QLocale>
#include <algorithm>

namespace tessera::workbench {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

/// What a field is of: the same in all versions, whatever they call it.
std::string sourceOf(const endpoints::ModelField& field) {
    return field.sql.empty() ? field.column : field.sql;
}

QString textOf(const endpoints::ModelField& field) {
    QString text = qt(field.name) + QStringLiteral(" · ") + QLatin1String(nameOf(field.type));
    return field.is_not_null ? text + QStringLiteral(" · ") + ModelTable::tr("never NULL") : text;
}

}  // namespace

ModelTable::ModelTable(QWidget* parent) : QTreeWidget(parent) {
    setObjectName(QStringLiteral("modelVersions"));
    setAccessibleName(tr("Versions of the model, side by side"));
    styleFactsTable(this);
}

void ModelTable::setModel(const app::ServedModel& served, const std::optional<endpoints::Model>& file) {
    served_ = served;
    file_ = file;
    showAll();
}

void ModelTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        showAll();
    }
    QTreeWidget::changeEvent(event);
}

void ModelTable::showAll() {
    const QString current = currentItem() != nullptr ? currentItem()->text(0) : QString();
    clear();
    QStringList headings{tr("From the table")};
    for (const client::EndpointInfo& version : served_.versions) {
        headings += QStringLiteral("v%1").arg(app::modelVersionOf(version.name));
    }
    setColumnCount(static_cast<int>(headings.size()));
    setHeaderLabels(headings);
    constexpr int kSourceWidth = 200;
    constexpr int kVersionWidth = 260;
    for (int column = 0; column < columnCount(); ++column) {
        setColumnWidth(column, column == 0 ? kSourceWidth : kVersionWidth);
    }
    const Theme& theme = currentTheme();
    auto* calls = new QTreeWidgetItem(this, {tr("Calls")});
    for (std::size_t i = 0; i < served_.versions.size(); ++i) {
        const int column = static_cast<int>(i) + 1;
        calls->setText(column, app::usageOf(served_.versions[i]));
        // That an old one is still called is what matters before it goes.
        if (i > 0 && served_.versions[i].calls > 0) {
            calls->setForeground(column, theme.warning);
        }
    }
    std::vector<std::string> sources;
    for (const endpoints::ModelVersion& version : file_ ? file_->versions : std::vector<endpoints::ModelVersion>()) {
        for (const endpoints::ModelField& field : version.fields) {
            if (std::find(sources.begin(), sources.end(), sourceOf(field)) == sources.end()) {
                sources.push_back(sourceOf(field));
            }
        }
    }
    for (const std::string& source : sources) {
        auto* row = new QTreeWidgetItem(this, {qt(source)});
        QString newest;
        for (std::size_t i = 0; i < served_.versions.size(); ++i) {
            const int column = static_cast<int>(i) + 1;
            const std::int64_t number = app::modelVersionOf(served_.versions[i].name);
            const auto version =
                std::find_if(file_->versions.begin(), file_->versions.end(),
                             [&](const endpoints::ModelVersion& one) { return one.version == number; });
            const endpoints::ModelField* field = nullptr;
            for (const endpoints::ModelField& one :
                 version == file_->versions.end() ? std::vector<endpoints::ModelField>() : version->fields) {
                if (sourceOf(one) == source) {
                    row->setText(column, textOf(one));
                    field = &one;
                    break;
                }
            }
            if (field == nullptr) {
                row->setText(column, QStringLiteral("–"));
            }
            const QString shown = row->text(column);
            newest = i == 0 ? shown : newest;
            row->setForeground(column, shown != newest                ? theme.accent
                                       : shown == QStringLiteral("–") ? theme.muted_text
                                                                      : theme.text);
        }
        if (row->text(0) == current) {
            setCurrentItem(row);
        }
    }
}

}  // namespace tessera::workbench
