// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/chart_view.h"

#include "app/workbench/results/chart_painter.h"
#include "app/workbench/results/results_panel.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QPainter>
#include <QSvgGenerator>
#include <QToolButton>
#include <algorithm>
#include <array>

namespace tessera::workbench {

namespace {

constexpr QSize kPictureSize(1600, 900);
/// Choice of the y field: every number.
constexpr int kAllNumbers = -2;

QComboBox* field(const char* object_name, const QString& accessible_name) {
    auto* box = new QComboBox;
    box->setObjectName(QLatin1String(object_name));
    box->setAccessibleName(accessible_name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return box;
}

}  // namespace

class ChartView::Canvas : public QWidget {
  public:
    explicit Canvas(const app::ChartData& drawn) : data_(drawn) {
        setObjectName(QStringLiteral("chartCanvas"));
        setAccessibleName(ChartView::tr("Chart"));
        setMinimumHeight(120);
    }

  protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        if (data_.series.empty() || data_.drawn_rows == 0) {
            painter.fillRect(rect(), currentTheme().surface);
            return;
        }
        paintChart(painter, rect(), data_, currentTheme());
    }

  private:
    const app::ChartData& data_;
};

ChartView::ChartView(QWidget* parent)
    : QWidget(parent),
      kind_(field("chartKind", tr("Kind of chart"))),
      x_(field("chartX", tr("Column along the bottom"))),
      y_(field("chartY", tr("Column of the values"))),
      note_(new QLabel),
      canvas_(new Canvas(data_)),
      task_(this) {
    setObjectName(QStringLiteral("chartView"));
    using app::ChartKind;
    const std::array<std::pair<QString, ChartKind>, 6> kinds{{{tr("Line"), ChartKind::kLine},
                                                              {tr("Bars"), ChartKind::kBar},
                                                              {tr("Area"), ChartKind::kArea},
                                                              {tr("Points"), ChartKind::kScatter},
                                                              {tr("Histogram"), ChartKind::kHistogram},
                                                              {tr("Pie"), ChartKind::kPie}}};
    for (const auto& [name, kind] : kinds) {
        kind_->addItem(name, static_cast<int>(kind));
    }
    note_->setObjectName(QStringLiteral("chartNote"));
    note_->setProperty("muted", true);
    auto* save = new QToolButton;
    save->setObjectName(QStringLiteral("saveChart"));
    save->setText(tr("Save picture…"));
    connect(save, &QToolButton::clicked, this, &ChartView::askForFile);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(8);
    bar->addWidget(kind_);
    for (const auto& [label, box] : {std::pair(tr("X"), x_), std::pair(tr("Y"), y_)}) {
        auto* text = new QLabel(label);
        text->setBuddy(box);
        bar->addWidget(text);
        bar->addWidget(box);
    }
    bar->addWidget(note_, 1);
    bar->addWidget(save);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(canvas_, 1);
    for (QComboBox* box : {kind_, x_, y_}) {
        connect(box, &QComboBox::activated, this, &ChartView::readChoices);
    }
}

void ChartView::setView(const app::ResultView& view) {
    const auto name = [](const client::ResultColumn& column) { return column.name + "\n" + column.type_name; };
    const bool is_same =
        view_.store && view_.store->columns() &&
        std::equal(view_.columns().begin(), view_.columns().end(), view.columns().begin(), view.columns().end(),
                   [&](const auto& a, const auto& b) { return name(a) == name(b); });
    view_ = view;
    if (!is_same) {
        spec_ = app::defaultChart(view_.columns());
        fillChoices();
    }
    load();
}

void ChartView::fillChoices() {
    x_->clear();
    y_->clear();
    x_->addItem(tr("row number"), -1);
    for (int i = 0; i < static_cast<int>(view_.columns().size()); ++i) {
        const client::ResultColumn& column = view_.columns()[static_cast<std::size_t>(i)];
        x_->addItem(QString::fromStdString(column.name), i);
        if (app::isChartable(column)) {
            y_->addItem(QString::fromStdString(column.name), i);
        }
    }
    if (y_->count() > 1) {
        y_->addItem(tr("all numbers"), kAllNumbers);
    }
    kind_->setCurrentIndex(kind_->findData(static_cast<int>(spec_.kind)));
    x_->setCurrentIndex(x_->findData(spec_.x));
    y_->setCurrentIndex(spec_.y.size() == 1 ? y_->findData(spec_.y[0]) : y_->findData(kAllNumbers));
}

void ChartView::readChoices() {
    spec_.kind = static_cast<app::ChartKind>(kind_->currentData().toInt());
    spec_.x = x_->currentData().toInt();
    spec_.y.clear();
    constexpr std::size_t kSeriesMax = 8;
    for (int i = 0; i < y_->count(); ++i) {
        const int column = y_->itemData(i).toInt();
        const bool is_chosen = i == y_->currentIndex() || y_->currentData().toInt() == kAllNumbers;
        if (is_chosen && column >= 0 && column != spec_.x && spec_.y.size() < kSeriesMax) {
            spec_.y.push_back(column);
        }
    }
    load();
}

void ChartView::load() {
    x_->setEnabled(spec_.kind != app::ChartKind::kHistogram);
    if (spec_.y.empty()) {
        task_.cancel();
        data_ = {};
        note_->setText(tr("A chart needs a column of numbers."));
        canvas_->update();
        return;
    }
    note_->setText(tr("Reading…"));
    task_.start([view = view_, spec = spec_](app::TaskControl& control) { return app::makeChart(view, spec, control); },
                [this](Result<app::ChartData> data) {
                    data_ = data ? std::move(*data) : app::ChartData{};
                    QString note = data ? QString() : QString::fromStdString(data.error().describe());
                    if (data_.drawn_rows < data_.row_count) {
                        note = tr("sampled: %1 of %2").arg(rowsText(data_.drawn_rows), rowsText(data_.row_count));
                    }
                    if (data_.other_categories > 0) {
                        note = tr("the largest %1; \"other\" are %2 more")
                                   .arg(app::ChartData::kCategoriesMax)
                                   .arg(data_.other_categories);
                    }
                    note_->setText(note);
                    canvas_->update();
                });
}

QString ChartView::note() const {
    return note_->text();
}

bool ChartView::save(const QString& path) const {
    if (path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator generator;
        generator.setFileName(path);
        generator.setSize(kPictureSize / 2);
        generator.setViewBox(QRect(QPoint(0, 0), kPictureSize / 2));
        QPainter painter;
        if (!painter.begin(&generator)) {
            return false;
        }
        paintChart(painter, QRectF(QPointF(0, 0), QSizeF(kPictureSize / 2)), data_, currentTheme());
        return painter.end();
    }
    QImage image(kPictureSize, QImage::Format_ARGB32_Premultiplied);
    QPainter painter(&image);
    painter.scale(2, 2);
    paintChart(painter, QRectF(QPointF(0, 0), QSizeF(kPictureSize / 2)), data_, currentTheme());
    painter.end();
    return image.save(path);
}

void ChartView::askForFile() {
    auto* dialog = new QFileDialog(this, tr("Save the chart"));
    dialog->setObjectName(QStringLiteral("chartFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("PNG picture (*.png)"), tr("SVG drawing (*.svg)")});
    dialog->setDefaultSuffix(QStringLiteral("png"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        if (!save(path)) {
            note_->setText(tr("The picture could not be written to %1.").arg(path));
        }
    });
    dialog->open();
}

}  // namespace tessera::workbench
