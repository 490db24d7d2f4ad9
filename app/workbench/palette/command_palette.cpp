// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/palette/command_palette.h"

#include "app/workbench/palette/palette_delegate.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QApplication>
#include <QGraphicsDropShadowEffect>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QVBoxLayout>
#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr int kWidth = 640;
constexpr int kTop = 48;
constexpr int kRowsShown = 12;
constexpr std::size_t kObjectsMax = 60;
constexpr std::size_t kActionsMax = 40;

QString plainText(const QAction& action) {
    QString text = action.text();
    text.remove(u'&');
    while (text.endsWith(u'…') || text.endsWith(u'.')) {
        text.chop(1);
    }
    return text;
}

QString placeOf(const app::FoundName& found) {
    if (found.kind == app::FoundName::Kind::kTag) {
        return CommandPalette::tr("tag");
    }
    QString place = QString::fromStdString(found.node) + QStringLiteral(" · ") + QString::fromStdString(found.schema);
    if (found.kind == app::FoundName::Kind::kColumn) {
        place += u'.' + QString::fromStdString(found.table);
    }
    if (!found.comment.empty()) {
        place += QStringLiteral(" — ") + QString::fromStdString(found.comment).simplified();
    }
    return place;
}

PaletteEntry entryOf(app::FoundName found) {
    PaletteEntry entry;
    entry.kind = PaletteEntry::Kind::kObject;
    entry.title = QString::fromStdString(found.name);
    entry.place = placeOf(found);
    entry.note = QString::fromStdString(found.detail);
    entry.object = std::move(found);
    return entry;
}

bool hasWords(const QString& text, const QString& words) {
    const QStringList wanted = words.split(u' ', Qt::SkipEmptyParts);
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

struct Scored {
    int score;
    PaletteEntry entry;
};

std::vector<PaletteEntry> bestOf(std::vector<Scored> scored) {
    std::stable_sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) { return a.score > b.score; });
    std::vector<PaletteEntry> best;
    for (std::size_t i = 0; i < std::min(scored.size(), kActionsMax); ++i) {
        best.push_back(std::move(scored[i].entry));
    }
    return best;
}

}  // namespace

CommandPalette::CommandPalette(QWidget* window, app::MeshNames& names, Sources sources)
    : QFrame(window),
      names_(names),
      sources_(std::move(sources)),
      field_(new QLineEdit),
      list_(new QListView),
      hint_(new QLabel),
      search_(this) {
    setObjectName(QStringLiteral("commandPalette"));
    setAccessibleName(tr("Go to"));
    setAutoFillBackground(true);
    field_->setObjectName(QStringLiteral("paletteField"));
    field_->setAccessibleName(tr("Name or action"));
    list_->setObjectName(QStringLiteral("paletteList"));
    list_->setAccessibleName(tr("What was found"));
    list_->setModel(&model_);
    list_->setItemDelegate(new PaletteDelegate(list_));
    list_->setUniformItemSizes(true);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    hint_->setObjectName(QStringLiteral("paletteHint"));
    hint_->setContentsMargins(8, 4, 8, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 6);
    layout->setSpacing(6);
    layout->addWidget(field_);
    layout->addWidget(list_);
    layout->addWidget(hint_);
    auto* shadow = new QGraphicsDropShadowEffect(this);
    constexpr int kBlur = 32;
    shadow->setBlurRadius(kBlur);
    shadow->setOffset(0, 8);
    setGraphicsEffect(shadow);
    field_->installEventFilter(this);
    window->installEventFilter(this);
    connect(field_, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) {
        has_moved_ = true;
        list_->setCurrentIndex(index);
        choose(QApplication::keyboardModifiers().testFlag(Qt::ControlModifier));
    });
    // Names that arrive while one looks: what is shown stays until what is found with them is there.
    connect(&names_, &app::MeshNames::namesChanged, this, [this] {
        if (isVisible()) {
            searchObjects();
        }
    });
    applyColors();
    hide();
}

void CommandPalette::openQuickly() {
    open({});
}

void CommandPalette::openActions() {
    open(QStringLiteral(">"));
}

void CommandPalette::open(const QString& text) {
    if (!isVisible()) {
        focus_before_ = QApplication::focusWidget();
    }
    actions_.clear();
    for (QAction* action : sources_.actions()) {
        actions_ += action;
    }
    tabs_ = sources_.tabs();
    documents_ = sources_.documents();
    for (const QString& node : nodes_) {
        names_.request(node);
    }
    show();
    raise();
    field_->setFocus(Qt::ShortcutFocusReason);
    field_->setText(text);
    refresh();
}

void CommandPalette::leave(bool gives_focus_back) {
    search_.cancel();
    hide();
    if (gives_focus_back && focus_before_) {
        focus_before_->setFocus(Qt::OtherFocusReason);
    }
}

void CommandPalette::place() {
    const QSize room = parentWidget()->size();
    const int rows = std::clamp(model_.rowCount(), 1, kRowsShown);
    list_->setFixedHeight(rows * PaletteDelegate::kRowHeight + 2);
    const int width = std::min(kWidth, room.width() - 2 * kTop);
    setGeometry((room.width() - width) / 2, kTop, width, layout()->sizeHint().height());
}

void CommandPalette::refresh() {
    const bool is_for_actions = field_->text().startsWith(u'>');
    addActionsAndTabs((is_for_actions ? field_->text().mid(1) : field_->text()).simplified(), !is_for_actions);
    has_moved_ = false;
    choice_once_found_.reset();
    search_.cancel();
    searchObjects();
    showEntries({});
}

void CommandPalette::addActionsAndTabs(const QString& text, bool with_tabs) {
    std::vector<Scored> scored;
    // What cannot be done now stands behind what can.
    constexpr int kOffPenalty = 10000;
    constexpr int kTabBonus = 20000;
    constexpr int kDocumentBonus = 10000;
    for (int i = 0; with_tabs && i < tabs_.size(); ++i) {
        if (const auto score = text.isEmpty() ? 0 : paletteScore(text, tabs_[i])) {
            PaletteEntry entry;
            entry.kind = PaletteEntry::Kind::kTab;
            entry.title = tabs_[i];
            entry.place = tr("open tab");
            entry.tab = i;
            scored.push_back({*score + kTabBonus, std::move(entry)});
        }
    }
    for (const PaletteEntry& document : with_tabs && !text.isEmpty() ? documents_ : std::vector<PaletteEntry>()) {
        auto score = paletteScore(text, document.title);
        if (!score && hasWords(document.words, text)) {
            score = 0;
        }
        if (score) {
            scored.push_back({*score + kDocumentBonus, document});
        }
    }
    for (const QPointer<QAction>& action : actions_) {
        if (!action || !action->isVisible()) {
            continue;
        }
        const QString title = plainText(*action);
        auto score = text.isEmpty() ? 0 : paletteScore(text, title);
        if (!score && hasWords(title + u' ' + action->property(kWords).toString(), text)) {
            score = 0;
        }
        if (score) {
            PaletteEntry entry;
            entry.title = title;
            entry.note = action->shortcut().toString(QKeySequence::NativeText);
            entry.action = action;
            scored.push_back({*score - (action->isEnabled() ? 0 : kOffPenalty), std::move(entry)});
        }
    }
    near_ = bestOf(std::move(scored));
}

void CommandPalette::searchObjects() {
    const QString text = field_->text().simplified();
    if (text.isEmpty() || text.startsWith(u'>')) {
        return;
    }
    std::vector<app::NodeNames> nodes;
    for (const QString& node : nodes_) {
        if (auto names = names_.names(node)) {
            nodes.push_back({node.toStdString(), std::move(names)});
        }
    }
    search_.start([nodes = std::move(nodes), wanted = text.toStdString()](
                      app::TaskControl&) { return app::searchMesh(nodes, wanted, kObjectsMax); },
                  [this](std::vector<app::FoundName> found) {
                      std::vector<PaletteEntry> objects;
                      for (app::FoundName& object : found) {
                          objects.push_back(entryOf(std::move(object)));
                      }
                      showEntries(std::move(objects));
                      if (choice_once_found_) {
                          choose(*std::exchange(choice_once_found_, std::nullopt));
                      }
                  });
}

void CommandPalette::showEntries(std::vector<PaletteEntry> objects) {
    // Objects are what Ctrl+P is for; an action is a last resort there.
    const auto first_action = std::find_if(near_.begin(), near_.end(), [](const PaletteEntry& entry) {
        return entry.kind == PaletteEntry::Kind::kAction;
    });
    std::vector<PaletteEntry> all(near_.begin(), first_action);
    std::move(objects.begin(), objects.end(), std::back_inserter(all));
    all.insert(all.end(), first_action, near_.end());
    const bool is_empty = all.empty();
    const bool has_objects = !is_empty && !field_->text().startsWith(u'>');
    const PaletteEntry* current = has_moved_ ? model_.entry(list_->currentIndex()) : nullptr;
    const auto kept = current == nullptr ? all.end() : std::find_if(all.begin(), all.end(), [&](const auto& entry) {
        return entry.isSameAs(*current);
    });
    const auto kept_row = kept == all.end() ? -1 : static_cast<int>(kept - all.begin());
    model_.setEntries(std::move(all));
    if (kept_row >= 0) {
        list_->setCurrentIndex(model_.index(kept_row));
    } else {
        selectFirst();
    }
    field_->setPlaceholderText(field_->text().isEmpty()
                                   ? tr("A table, a column, a word of a comment, a #tag, a saved query; > for actions")
                                   : QString());
    hint_->setText(is_empty && isSearching() ? tr("Looking…")
                   : is_empty                ? tr("Nothing is called so. Words are looked for in names and comments.")
                   : has_objects             ? tr("Enter shows it · Ctrl+Enter queries its rows · > for actions")
                                             : tr("Enter does it · Esc goes back"));
    place();
}

/// Of those that can be chosen.
void CommandPalette::selectFirst() {
    for (int row = 0; row < model_.rowCount(); ++row) {
        if (model_.flags(model_.index(row)).testFlag(Qt::ItemIsEnabled)) {
            list_->setCurrentIndex(model_.index(row));
            return;
        }
    }
}

void CommandPalette::choose(bool wants_rows) {
    const PaletteEntry* chosen = model_.entry(list_->currentIndex());
    const bool is_last_resort = chosen == nullptr || chosen->kind == PaletteEntry::Kind::kAction;
    if (is_last_resort && isSearching() && !has_moved_) {
        choice_once_found_ = wants_rows;
        return;
    }
    if (chosen == nullptr) {
        return;
    }
    const PaletteEntry entry = *chosen;
    if (entry.kind == PaletteEntry::Kind::kObject && entry.object.kind == app::FoundName::Kind::kTag) {
        field_->setText(entry.title);  // on to what has it
        return;
    }
    leave(entry.kind == PaletteEntry::Kind::kAction);
    switch (entry.kind) {
        case PaletteEntry::Kind::kAction:
            if (entry.action) {
                entry.action->trigger();
            }
            break;
        case PaletteEntry::Kind::kTab:
            Q_EMIT tabChosen(entry.tab);
            break;
        case PaletteEntry::Kind::kDocument:
            entry.open();
            break;
        case PaletteEntry::Kind::kObject:
            if (wants_rows) {
                Q_EMIT rowsRequested(entry.object);
            } else {
                Q_EMIT objectChosen(entry.object);
            }
            break;
    }
}

void CommandPalette::move(int rows) {
    has_moved_ = true;
    choice_once_found_.reset();
    const int count = model_.rowCount();
    // Rows that come later may stand above the chosen one: a step leads around the end to them.
    const bool goes_around = std::abs(rows) == 1;
    for (int step = 1, row = std::max(list_->currentIndex().row(), rows < 0 ? 0 : -1); step <= count; ++step) {
        row = goes_around ? (row + rows + count) % count : std::clamp(row + rows, 0, count - 1);
        if (model_.flags(model_.index(row)).testFlag(Qt::ItemIsEnabled)) {
            list_->setCurrentIndex(model_.index(row));
            return;
        }
        rows = rows < 0 ? -1 : 1;
    }
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget()) {
        if (event->type() == QEvent::Resize && isVisible()) {
            place();
        }
        return false;
    }
    if (event->type() == QEvent::FocusOut && isVisible()) {
        // A click beside it: the focus is somebody else's already.
        leave(false);
        return false;
    }
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Escape || key == Qt::Key_Return || key == Qt::Key_Enter) {
            event->accept();  // before the window's Stop and Run
        }
        return false;
    }
    if (event->type() != QEvent::KeyPress) {
        return false;
    }
    const auto* press = static_cast<QKeyEvent*>(event);
    switch (press->key()) {
        case Qt::Key_Escape:
            leave(true);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            choose(press->modifiers().testFlag(Qt::ControlModifier));
            return true;
        case Qt::Key_Down:
            move(1);
            return true;
        case Qt::Key_Up:
            move(-1);
            return true;
        case Qt::Key_PageDown:
            move(kRowsShown - 1);
            return true;
        case Qt::Key_PageUp:
            move(1 - kRowsShown);
            return true;
        default:
            return false;
    }
}

void CommandPalette::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QFrame::changeEvent(event);
}

void CommandPalette::applyColors() {
    const Theme& theme = currentTheme();
    const QString sheet =
        QStringLiteral(
            "#commandPalette { background: %1; border: 1px solid %2; border-radius: 8px; } #paletteHint { color: %3; }")
            .arg(theme.surface.name(), theme.border.name(), theme.muted_text.name());
    if (styleSheet() != sheet) {
        setStyleSheet(sheet);
    }
}

}  // namespace tessera::workbench
