// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/result_page.h"

#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/cell_viewer.h"
#include "app/workbench/results/chart_view.h"
#include "app/workbench/results/column_menu.h"
#include "app/workbench/results/find_bar.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QUrl>

namespace tessera::workbench {

namespace {

constexpr int kSelectionPause_ms = 80;
constexpr int kWorkClock_ms = 200;
constexpr int kViewerWidth = 360;

QToolButton* menuButton(const QString& text, const char* object_name, QMenu* menu) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(object_name));
    button->setText(text);
    button->setMenu(menu);
    button->setPopupMode(QToolButton::InstantPopup);
    return button;
}

}  // namespace

ResultPage::ResultPage(QWidget* parent)
    : QWidget(parent),
      bar_(new QWidget),
      filter_field_(new QLineEdit),
      place_(new QComboBox),
      arrangement_(new QLabel),
      pin_(new QToolButton),
      note_bar_(new QWidget),
      note_(new QLabel),
      note_action_(new QPushButton),
      grid_(new ResultGrid),
      chart_(new ChartView),
      chart_button_(new QToolButton),
      views_(new QStackedWidget),
      viewer_(new CellViewer),
      splitter_(new QSplitter(Qt::Horizontal)),
      summary_(new QLabel),
      work_(new QLabel),
      cancel_(new QPushButton(tr("Cancel"))),
      open_folder_(new QToolButton),
      arranging_(this),
      summing_(this),
      working_(this),
      exporting_(this) {
    setObjectName(QStringLiteral("resultPage"));
    find_bar_ = new FindBar(*grid_, this);
    buildBar();
    buildNote();
    splitter_->setObjectName(QStringLiteral("resultSplitter"));
    splitter_->setHandleWidth(1);
    views_->addWidget(grid_);
    views_->addWidget(chart_);
    splitter_->addWidget(views_);
    splitter_->addWidget(viewer_);
    splitter_->setStretchFactor(0, 1);
    splitter_->setSizes({1000, kViewerWidth});
    viewer_->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(bar_);
    layout->addWidget(note_bar_);
    layout->addWidget(find_bar_);
    layout->addWidget(splitter_, 1);
    buildEditBar();
    buildStrip();
    buildShortcuts();
    connect(grid_, &ResultGrid::selectionChanged, this, [this] {
        summing_.cancel();
        selection_pause_.start();
        if (viewer_->isVisible()) {
            showCell();
        }
    });
    connect(grid_, &ResultGrid::copyRequested, this, [this] { copyAs({app::ExportFormat::kTsv, {}, false}); });
    connect(grid_, &ResultGrid::cellActivated, this, &ResultPage::showCell);
    connect(grid_, &ResultGrid::columnMenuRequested, this, &ResultPage::showColumnMenu);
    connect(grid_, &ResultGrid::rowMenuRequested, this, &ResultPage::showRowMenu);
    connect(grid_, &ResultGrid::sortRequested, this, [this](int column) {
        const bool was_ascending = sort_ && sort_->column == static_cast<std::size_t>(column) &&
                                   sort_->direction == app::SortDirection::kAscending;
        sortBy(column, was_ascending ? Qt::DescendingOrder : Qt::AscendingOrder);
    });
    connect(viewer_, &CellViewer::closeRequested, this, [this] {
        viewer_->hide();
        grid_->setFocus(Qt::OtherFocusReason);
    });
    selection_pause_.setSingleShot(true);
    selection_pause_.setInterval(kSelectionPause_ms);
    connect(&selection_pause_, &QTimer::timeout, this, &ResultPage::summarizeSelection);
    work_clock_.setInterval(kWorkClock_ms);
    connect(&work_clock_, &QTimer::timeout, this, &ResultPage::tick);
}

void ResultPage::buildBar() {
    bar_->setObjectName(QStringLiteral("resultBar"));
    filter_field_->setObjectName(QStringLiteral("filterField"));
    filter_field_->setAccessibleName(tr("Filter"));
    filter_field_->setPlaceholderText(tr("Filter: some text, or delay > 15"));
    filter_field_->setToolTip(tr("Some text, or conditions: delay > 15 and state = 'CA'. Enter filters."));
    filter_field_->setClearButtonEnabled(true);
    place_->setObjectName(QStringLiteral("arrangePlace"));
    place_->setAccessibleName(tr("Where to filter and sort"));
    place_->addItem(tr("Here"));
    place_->addItem(tr("On the server"));
    place_->setToolTip(tr("Here: the rows that were loaded. On the server: the statement runs again."));
    arrangement_->setObjectName(QStringLiteral("arrangementLabel"));
    auto* columns = new QMenu(this);
    connect(columns, &QMenu::aboutToShow, this, [this, columns] {
        columns->clear();
        if (grid_->columnCount() > 0) {
            columns
                ->addMenu(
                    createColumnMenu(*grid_, grid_->selection().current().column,
                                     {[this](int column, Qt::SortOrder order) { sortBy(column, order); },
                                      [this] { clearArrangement(); }, [this](int column) { showStatistics(column); }},
                                     columns))
                ->setText(tr("Column %1").arg(grid_->columnName(grid_->selection().current().column)));
        }
        QAction* find = columns->addAction(tr("Find…"), find_bar_, &FindBar::open);
        find->setShortcut(QKeySequence::Find);
    });
    auto* copy = new QMenu(this);
    copy->setObjectName(QStringLiteral("copyAsMenu"));
    fillCopyMenu(*copy);
    pin_->setObjectName(QStringLiteral("pinButton"));
    pin_->setText(tr("Pin"));
    pin_->setToolTip(tr("Keep this result in a tab of its own while other statements run"));
    connect(pin_, &QToolButton::clicked, this, &ResultPage::pinRequested);
    chart_button_->setObjectName(QStringLiteral("chartButton"));
    chart_button_->setText(tr("Chart"));
    chart_button_->setToolTip(tr("Show the rows as a chart"));
    chart_button_->setCheckable(true);
    connect(chart_button_, &QToolButton::toggled, this, &ResultPage::showChart);
    auto* exports = new QToolButton;
    exports->setObjectName(QStringLiteral("exportButton"));
    exports->setText(tr("Export…"));
    exports->setToolTip(tr("Write the rows to a file: CSV, Parquet, Excel, JSON, SQL and others"));
    connect(exports, &QToolButton::clicked, this, &ResultPage::askForExport);
    auto* compare = new QMenu(this);
    connect(compare, &QMenu::aboutToShow, this, [this, compare] {
        compare->clear();
        Q_EMIT compareMenuRequested(compare);
    });
    auto* layout = new QHBoxLayout(bar_);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(filter_field_, 1);
    layout->addWidget(place_);
    layout->addWidget(arrangement_);
    layout->addWidget(menuButton(tr("Columns"), "columnsButton", columns));
    layout->addWidget(menuButton(tr("Copy"), "copyButton", copy));
    layout->addWidget(chart_button_);
    layout->addWidget(exports);
    layout->addWidget(menuButton(tr("Compare"), "compareButton", compare));
    layout->addWidget(pin_);
    connect(filter_field_, &QLineEdit::returnPressed, this, &ResultPage::arrange);
    connect(filter_field_, &QLineEdit::textChanged, this, [this](const QString& text) {
        // Clearing needs no Enter.
        if (text.isEmpty() && !filter_.isEmpty()) {
            arrange();
        }
    });
}

void ResultPage::buildStrip() {
    auto* strip = new QWidget;
    strip->setObjectName(QStringLiteral("resultStrip"));
    summary_->setObjectName(QStringLiteral("selectionSummary"));
    summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    summary_->setTextFormat(Qt::PlainText);
    summary_->setMinimumWidth(0);
    summary_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    work_->setObjectName(QStringLiteral("workLabel"));
    cancel_->setObjectName(QStringLiteral("cancelWork"));
    cancel_->setProperty("secondary", true);
    cancel_->hide();
    open_folder_->setObjectName(QStringLiteral("openFolderButton"));
    open_folder_->setText(tr("Show in folder"));
    open_folder_->hide();
    connect(open_folder_, &QToolButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(exported_path_).path())); });
    auto* layout = new QHBoxLayout(strip);
    layout->setContentsMargins(12, 3, 8, 3);
    layout->setSpacing(8);
    layout->addWidget(summary_, 1);
    layout->addWidget(work_);
    layout->addWidget(open_folder_);
    layout->addWidget(cancel_);
    this->layout()->addWidget(strip);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        arranging_.cancel();
        working_.cancel();
        exporting_.cancel();
        work_text_ = tr("Cancelled");
        showArrangement();
        tick();
    });
}

void ResultPage::buildShortcuts() {
    const auto add = [this](const QKeySequence& keys, auto action) {
        auto* shortcut = new QShortcut(keys, this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, action);
    };
    add(QKeySequence::Find, [this] { find_bar_->open(); });
    add(QKeySequence(Qt::ALT | Qt::Key_Down),
        [this] { showColumnMenu(grid_->selection().current().column, grid_->mapToGlobal(QPoint(0, 0))); });
    add(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F), [this] { filter_field_->setFocus(Qt::ShortcutFocusReason); });
}

void ResultPage::setResult(std::shared_ptr<const app::ResultStore> store, const std::string& sql) {
    sql_ = sql;
    filter_ = {};
    sort_.reset();
    is_server_arranged_ = false;
    const QSignalBlocker blocker(filter_field_);
    filter_field_->clear();
    setArrangedResult(std::move(store));
    is_server_arranged_ = false;
    target_.reset();
    edit_refusal_ = tr("The rows can be changed when all of them have come.");
    showArrangement();
}

void ResultPage::setArrangedResult(std::shared_ptr<const app::ResultStore> store) {
    arranging_.cancel();
    summing_.cancel();
    working_.cancel();
    is_finished_ = false;
    is_server_arranged_ = true;
    work_text_.clear();
    discardChanges();
    tick();
    setNote({});
    viewer_->hide();
    find_bar_->close();
    summary_->clear();
    grid_->setStore(std::move(store));
    showArrangement();
}

void ResultPage::refreshColumns() {
    grid_->refreshColumns();
    showArrangement();
}

void ResultPage::refreshRows() {
    // Arranged rows stay those that were there: more come in when the statement has ended.
    if (!grid_->view().order) {
        grid_->refreshRows();
    }
}

void ResultPage::finish() {
    is_finished_ = true;
    showChart(chart_button_->isChecked());
    if (grid_->view().order || arranging_.isRunning()) {
        arrange();
    }
}

void ResultPage::buildNote() {
    note_bar_->setObjectName(QStringLiteral("resultNoteBar"));
    note_bar_->setAttribute(Qt::WA_StyledBackground);
    note_->setObjectName(QStringLiteral("resultNote"));
    note_->setTextFormat(Qt::PlainText);
    note_->setWordWrap(true);
    note_action_->setObjectName(QStringLiteral("resultNoteAction"));
    auto* layout = new QHBoxLayout(note_bar_);
    layout->setContentsMargins(12, 6, 12, 6);
    layout->setSpacing(12);
    layout->addWidget(note_, 1);
    layout->addWidget(note_action_, 0, Qt::AlignTop);
    connect(note_action_, &QPushButton::clicked, this, &ResultPage::noteActionTriggered);
    setNote({});
}

void ResultPage::setNote(const QString& sentence, const QString& action) {
    note_->setText(sentence);
    note_bar_->setVisible(!sentence.isEmpty());
    note_action_->setText(action);
    note_action_->setVisible(!action.isEmpty());
}

void ResultPage::showChart(bool is_shown) {
    chart_button_->setChecked(is_shown);
    const app::ResultView& view = grid_->view();
    if (is_shown && view.store && view.store->columns()) {
        chart_->setView(view);
        views_->setCurrentWidget(chart_);
    } else {
        views_->setCurrentWidget(grid_);
    }
}

void ResultPage::setPinned(bool is_pinned) {
    pin_->setVisible(!is_pinned);
    // Its statement's session runs others by now.
    place_->setCurrentIndex(0);
    place_->setEnabled(!is_pinned);
}

QString ResultPage::summaryText() const {
    return summary_->text();
}

QString ResultPage::arrangementText() const {
    return arrangement_->text();
}

void ResultPage::showColumnMenu(int column, const QPoint& global_position) {
    QMenu* menu =
        createColumnMenu(*grid_, column,
                         {[this](int store_column, Qt::SortOrder order) { sortBy(store_column, order); },
                          [this] { clearArrangement(); }, [this](int store_column) { showStatistics(store_column); }},
                         this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(global_position);
}

void ResultPage::showRowMenu(const QPoint& global_position) {
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("resultGridMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QAction* show = menu->addAction(tr("Show the cell"), this, &ResultPage::showCell);
    show->setShortcut(QKeySequence(Qt::Key_Return));
    QAction* edit = menu->addAction(tr("Edit the cell"), this, [this] { editCell({}); });
    edit->setShortcut(QKeySequence(Qt::Key_F2));
    QAction* null =
        menu->addAction(tr("Set to NULL"), this, [this] { changeCell(grid_->selection().current(), std::nullopt); });
    null->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    edit->setEnabled(target_.has_value());
    null->setEnabled(target_.has_value());
    menu->addSeparator();
    QAction* copy = menu->addAction(tr("Copy"), this, [this] { copyAs({app::ExportFormat::kTsv, {}, false}); });
    copy->setShortcut(QKeySequence::Copy);
    copy->setEnabled(!grid_->selection().isEmpty());
    QMenu* copy_as = menu->addMenu(tr("Copy as"));
    fillCopyMenu(*copy_as);
    QAction* all = menu->addAction(tr("Select all"), grid_, &ResultGrid::selectAll);
    all->setShortcut(QKeySequence::SelectAll);
    menu->popup(global_position);
}

void ResultPage::showCell() {
    if (!grid_->selection().isEmpty() && grid_->rowCount() > 0) {
        const GridCell cell = grid_->selection().current();
        viewer_->showCell(grid_->view(), static_cast<std::uint64_t>(cell.row), grid_->storeColumn(cell.column));
        viewer_->show();
    }
}

}  // namespace tessera::workbench
