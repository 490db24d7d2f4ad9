// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shards/dialog_parts.h"

#include "app/workbench/ui/theme.h"

#include <QCoreApplication>
#include <QDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>

namespace tessera::workbench {

namespace {

constexpr int kMostRowsPerSecond = 100'000'000;
constexpr int kRowsPerSecondStep = 1000;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(ShardDialogs)
};

}  // namespace

QSpinBox* makeSpeedField(const char* object_name) {
    auto* field = new QSpinBox;
    field->setObjectName(QLatin1String(object_name));
    field->setAccessibleName(Texts::tr("Rows a second"));
    field->setRange(0, kMostRowsPerSecond);
    field->setSingleStep(kRowsPerSecondStep);
    field->setSpecialValueText(Texts::tr("as fast as it goes"));
    return field;
}

QPlainTextEdit* makeStatementField(const char* object_name) {
    auto* field = new QPlainTextEdit;
    field->setObjectName(QLatin1String(object_name));
    field->setAccessibleName(Texts::tr("What will be run"));
    field->setReadOnly(true);
    field->setFrameShape(QFrame::NoFrame);
    field->setFont(monospaceFont());
    return field;
}

QFormLayout* makeOrderForm() {
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    return form;
}

QVBoxLayout* makeDialogLayout(QDialog& dialog) {
    auto* layout = new QVBoxLayout(&dialog);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    return layout;
}

QHBoxLayout* makeButtonRow(QDialog& dialog, QPushButton& begin, QWidget* before) {
    auto* close = new QPushButton(Texts::tr("Close"));
    close->setProperty("secondary", true);
    close->setAutoDefault(false);
    QObject::connect(close, &QPushButton::clicked, &dialog, &QDialog::reject);
    begin.setDefault(true);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    if (before != nullptr) {
        row->addWidget(before, 1);
    } else {
        row->addStretch();
    }
    row->addWidget(close);
    row->addWidget(&begin);
    return row;
}

}  // namespace tessera::workbench
