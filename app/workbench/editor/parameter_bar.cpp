// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/parameter_bar.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>

namespace tessera::workbench {

ParameterBar::ParameterBar(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    setObjectName(QStringLiteral("parameterBar"));
    grid_->setContentsMargins(8, 4, 8, 4);
    grid_->setHorizontalSpacing(8);
    grid_->setVerticalSpacing(4);
    grid_->setColumnStretch(1, 1);
    hide();
}

void ParameterBar::setNames(const std::vector<std::string>& names) {
    if (names == names_) {
        return;
    }
    names_ = names;
    while (QLayoutItem* item = grid_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
        addRow(static_cast<int>(i), names_[i]);
    }
    setVisible(!names_.empty());
}

void ParameterBar::addRow(int row, const std::string& name) {
    Value& value = values_[name];
    const QString shown = QString::fromStdString(name);
    auto* label = new QLabel(QStringLiteral(":") + shown);
    auto* field = new QLineEdit(value.text);
    field->setObjectName(QStringLiteral("parameter-") + shown);
    field->setAccessibleName(tr("Value of %1").arg(shown));
    field->setEnabled(!value.is_null);
    label->setBuddy(field);
    auto* type = new QComboBox;
    type->setObjectName(QStringLiteral("parameterType-") + shown);
    type->setAccessibleName(tr("Type of %1").arg(shown));
    type->addItem(tr("as the statement wants it"), QString());
    for (const char* known : {"text", "integer", "bigint", "numeric", "double precision", "boolean", "date",
                              "timestamp", "timestamptz", "uuid", "jsonb"}) {
        type->addItem(QLatin1String(known), QLatin1String(known));
    }
    type->setCurrentIndex(std::max(0, type->findData(value.type)));
    auto* null = new QCheckBox(tr("NULL"));
    null->setObjectName(QStringLiteral("parameterNull-") + shown);
    null->setAccessibleName(tr("%1 is NULL").arg(shown));
    null->setChecked(value.is_null);
    grid_->addWidget(label, row, 0);
    grid_->addWidget(field, row, 1);
    grid_->addWidget(type, row, 2);
    grid_->addWidget(null, row, 3);
    connect(field, &QLineEdit::textChanged, this, [&value](const QString& text) {
        value.text = text;
        value.is_given = true;
    });
    connect(type, &QComboBox::currentIndexChanged, this,
            [&value, type] { value.type = type->currentData().toString(); });
    connect(null, &QCheckBox::toggled, this, [&value, field](bool is_null) {
        value.is_null = is_null;
        value.is_given = true;
        field->setEnabled(!is_null);
    });
}

std::optional<std::vector<client::QueryParameter>> ParameterBar::values(const std::vector<std::string>& names) {
    std::vector<client::QueryParameter> list;
    for (const std::string& name : names) {
        const Value& value = values_[name];
        if (!value.is_given) {
            if (auto* field = findChild<QLineEdit*>(QStringLiteral("parameter-") + QString::fromStdString(name))) {
                field->setFocus();
            }
            return std::nullopt;
        }
        client::QueryParameter parameter;
        parameter.type_name = value.type.toStdString();
        if (!value.is_null) {
            parameter.text = value.text.toStdString();
        }
        list.push_back(std::move(parameter));
    }
    return list;
}

}  // namespace tessera::workbench
