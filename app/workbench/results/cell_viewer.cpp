// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/cell_viewer.h"

#include "app/core/output/cell_kind.h"
#include "app/core/results/cell_file.h"
#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QBuffer>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QImageReader>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeWidget>
#include <algorithm>

namespace tessera::workbench {

namespace {

/// Drawn as a whole by the text views: a line for each sixteen bytes.
constexpr qsizetype kDumpedBytes = 64 * 1024;
constexpr int kJsonNodesMax = 20'000;
constexpr int kImagePixelsMax = 100'000'000;

/// "\x48656c6c6f" as bytes.
QByteArray bytesOf(const std::string& text, bool is_bytea) {
    if (is_bytea && text.starts_with("\\x")) {
        return QByteArray::fromHex(QByteArray(text.data() + 2, static_cast<qsizetype>(text.size()) - 2));
    }
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
}

QString hexDump(const QByteArray& bytes, std::uint64_t offset) {
    QString dump;
    const qsizetype size = std::min(bytes.size(), kDumpedBytes);
    for (qsizetype line = 0; line < size; line += 16) {
        QString hex;
        QString shown;
        for (qsizetype i = line; i < line + 16; ++i) {
            if (i >= size) {
                hex += QStringLiteral("   ");
                continue;
            }
            const auto byte = static_cast<unsigned char>(bytes[i]);
            hex += QStringLiteral("%1 ").arg(byte, 2, 16, QLatin1Char('0'));
            shown += byte >= 0x20 && byte < 0x7F ? QLatin1Char(bytes[i]) : QLatin1Char('.');
        }
        dump += QStringLiteral("%1  %2 %3\n")
                    .arg(static_cast<qulonglong>(offset) + static_cast<qulonglong>(line), 8, 16, QLatin1Char('0'))
                    .arg(hex, shown);
    }
    return dump;
}

void addJson(QTreeWidgetItem* parent, const QString& key, const QJsonValue& value, int& budget) {
    if (--budget < 0) {
        return;
    }
    auto* item = new QTreeWidgetItem(parent, {key});
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        item->setText(1, QStringLiteral("{%1}").arg(object.size()));
        for (auto member = object.begin(); member != object.end(); ++member) {
            addJson(item, member.key(), member.value(), budget);
        }
    } else if (value.isArray()) {
        const QJsonArray array = value.toArray();
        item->setText(1, QStringLiteral("[%1]").arg(array.size()));
        for (qsizetype i = 0; i < array.size(); ++i) {
            addJson(item, QString::number(i), array[i], budget);
        }
    } else {
        item->setText(1, value.isNull() ? QStringLiteral("null") : value.toVariant().toString());
    }
}

QPlainTextEdit* textView(const char* object_name, const QString& accessible_name) {
    auto* view = new QPlainTextEdit;
    view->setObjectName(QLatin1String(object_name));
    view->setAccessibleName(accessible_name);
    view->setReadOnly(true);
    view->setFrameShape(QFrame::NoFrame);
    view->setFont(monospaceFont());
    view->document()->setDocumentMargin(8);
    return view;
}

}  // namespace

struct CellViewer::Part {
    bool is_null = false;
    std::string text;
    std::uint64_t size = 0;
    std::string error;
    QByteArray bytes;
    QJsonDocument json;
    QImage image;
};

CellViewer::CellViewer(QWidget* parent)
    : QWidget(parent),
      title_(new QLabel),
      facts_(new QLabel),
      tabs_(new QTabWidget),
      text_(textView("cellText", tr("Value as text"))),
      tree_(new QTreeWidget),
      image_(new QLabel),
      bytes_(textView("cellBytes", tr("Value as bytes"))),
      close_(new QToolButton),
      save_(new QPushButton(tr("Save value…"))),
      previous_(new QPushButton(tr("Previous part"))),
      next_(new QPushButton(tr("Next part"))),
      task_(this),
      saving_(this) {
    setObjectName(QStringLiteral("cellViewer"));
    setAccessibleName(tr("Cell viewer"));
    tabs_->setObjectName(QStringLiteral("cellTabs"));
    tabs_->setDocumentMode(true);
    tabs_->tabBar()->setDrawBase(false);
    tree_->setObjectName(QStringLiteral("cellTree"));
    tree_->setAccessibleName(tr("Value as a tree"));
    tree_->setHeaderLabels({tr("Key"), tr("Value")});
    tree_->setUniformRowHeights(true);
    image_->setObjectName(QStringLiteral("cellImage"));
    image_->setAccessibleName(tr("Value as a picture"));
    image_->setAlignment(Qt::AlignCenter);
    bytes_->setLineWrapMode(QPlainTextEdit::NoWrap);
    title_->setObjectName(QStringLiteral("cellTitle"));
    facts_->setObjectName(QStringLiteral("cellFacts"));
    facts_->setProperty("muted", true);
    auto* scroll = new QScrollArea;
    scroll->setAccessibleName(image_->accessibleName());
    scroll->setWidget(image_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    tabs_->addTab(text_, tr("Text"));
    tabs_->addTab(tree_, tr("Tree"));
    tabs_->addTab(scroll, tr("Picture"));
    tabs_->addTab(bytes_, tr("Bytes"));
    close_->setObjectName(QStringLiteral("closeCellViewer"));
    close_->setAccessibleName(tr("Close the cell viewer"));
    close_->setToolTip(tr("Close (Esc)"));
    close_->setIcon(icon("close"));
    connect(close_, &QToolButton::clicked, this, &CellViewer::closeRequested);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 6, 6, 0);
    head->addWidget(title_, 1);
    head->addWidget(close_);
    // A path may be long: it is cut rather than making the drawer wide.
    facts_->setWordWrap(true);
    facts_->setMinimumWidth(1);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    save_->setObjectName(QStringLiteral("saveCellButton"));
    save_->setToolTip(tr("Writes the whole value to a file: of bytea the bytes, else the text"));
    connect(save_, &QPushButton::clicked, this, &CellViewer::chooseFile);
    for (QPushButton* button : {save_, previous_, next_}) {
        button->setProperty("secondary", true);
        buttons->addWidget(button);
    }
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(12, 4, 12, 6);
    foot->setSpacing(4);
    foot->addWidget(facts_);
    foot->addLayout(buttons);
    connect(previous_, &QPushButton::clicked, this, [this] {
        offset_ -= std::min(offset_, kPartBytes);
        load();
    });
    connect(next_, &QPushButton::clicked, this, [this] {
        offset_ += kPartBytes;
        load();
    });
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(head);
    layout->addWidget(tabs_, 1);
    layout->addLayout(foot);
}

void CellViewer::showCell(const app::ResultView& view, std::uint64_t row, int column) {
    view_ = view;
    row_ = row;
    column_ = column;
    offset_ = 0;
    load();
}

void CellViewer::chooseFile() {
    const QString name = QString::fromStdString(view_.columns()[static_cast<std::size_t>(column_)].name);
    auto* dialog = new QFileDialog(this, tr("Save value"));
    dialog->setObjectName(QStringLiteral("saveCellDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(name);
    connect(dialog, &QFileDialog::fileSelected, this, &CellViewer::saveTo);
    dialog->open();
}

void CellViewer::saveTo(const QString& path) {
    facts_->setText(tr("Writing %1…").arg(path));
    saving_.start(
        [view = view_, row = row_, column = static_cast<std::size_t>(column_), path](app::TaskControl& control) {
            return app::writeCell(view, row, column, path, control);
        },
        [this, path](const Result<std::uint64_t>& written) {
            const QLocale locale;
            facts_->setText(
                written ? tr("%1 written to %2").arg(locale.formattedDataSize(static_cast<qint64>(*written)), path)
                        : QString::fromStdString(written.error().describe()));
        });
}

void CellViewer::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        Q_EMIT closeRequested();
    } else {
        QWidget::keyPressEvent(event);
    }
}

void CellViewer::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        close_->setIcon(icon("close"));
    }
    QWidget::changeEvent(event);
}

QString CellViewer::text() const {
    return text_->toPlainText();
}

void CellViewer::load() {
    const auto column = static_cast<std::size_t>(column_);
    const client::ResultColumn& facts = view_.columns()[column];
    title_->setText(tr("%1, row %2").arg(QString::fromStdString(facts.name)).arg(row_ + 1));
    const auto read = [view = view_, row = row_, column, offset = offset_, facts](app::TaskControl& /*control*/) {
        Part part;
        const Result<app::ResultStore::Position> position = view.at(row);
        if (!position) {
            part.error = position.error().describe();
            return part;
        }
        part.is_null = position->isNull(column);
        if (part.is_null) {
            return part;
        }
        part.size = app::ResultStore::textSize(*position, column);
        Result<std::string> text = view.store->readText(*position, column, offset, kPartBytes);
        if (!text) {
            part.error = text.error().describe();
            return part;
        }
        part.text = std::move(*text);
        if (facts.encoding == client::ColumnEncoding::kBool) {
            part.text = part.text == "t" ? "true" : "false";
        }
        const bool is_bytea = facts.type_name == "bytea";
        if (is_bytea && part.size <= 64 * kPartBytes && part.size > kPartBytes && offset == 0) {
            // A picture is of no use in parts.
            if (auto whole = view.store->readText(*position, column)) {
                part.bytes = bytesOf(*whole, true);
            }
        } else {
            part.bytes = bytesOf(part.text, is_bytea);
        }
        const char first = part.text.empty() ? '\0'
                                             : part.text[part.text.find_first_not_of(" \n\t\r") == std::string::npos
                                                             ? 0
                                                             : part.text.find_first_not_of(" \n\t\r")];
        if (part.text.size() == part.size && (first == '{' || first == '[')) {
            part.json = QJsonDocument::fromJson(QByteArray::fromStdString(part.text));
        }
        if (is_bytea) {
            QBuffer buffer(&part.bytes);
            QImageReader reader(&buffer);
            const QSize size = reader.size();
            if (size.isValid() && static_cast<qint64>(size.width()) * size.height() <= kImagePixelsMax) {
                part.image = reader.read();
            }
        }
        return part;
    };
    task_.start(read, [this](Part part) { showPart(std::move(part)); });
}

void CellViewer::showPart(Part part) {
    const QLocale locale;
    const bool has_parts = part.size > kPartBytes;
    save_->setVisible(part.error.empty() && !part.is_null);
    previous_->setVisible(has_parts);
    next_->setVisible(has_parts);
    previous_->setEnabled(offset_ > 0);
    next_->setEnabled(offset_ + kPartBytes < part.size);
    if (!part.error.empty() || part.is_null) {
        facts_->setText(part.is_null ? tr("NULL") : tr("cannot be read"));
    } else if (has_parts) {
        facts_->setText(tr("%1 of text, from byte %2 on")
                            .arg(locale.formattedDataSize(static_cast<qint64>(part.size)),
                                 locale.toString(static_cast<qulonglong>(offset_))));
    } else {
        facts_->setText(tr("%1 bytes of text").arg(locale.toString(static_cast<qulonglong>(part.size))));
    }
    const QWidget* before = tabs_->currentWidget();
    showText(part);
    showJson(part);
    showImage(part);
    showBytes(part);
    showInPlugins(part);
    const bool is_usable = before != nullptr && tabs_->isTabVisible(tabs_->indexOf(const_cast<QWidget*>(before)));
    if (!part.json.isNull()) {
        tabs_->setCurrentIndex(1);
    } else if (!part.image.isNull()) {
        tabs_->setCurrentIndex(2);
    } else if (!is_usable || before == tree_) {
        tabs_->setCurrentIndex(0);
    }
}

void CellViewer::showText(const Part& part) {
    // Lines of a megabyte make the view's layout slow; without wrapping they are cheap.
    const bool is_long_line = part.text.size() > 10'000 && part.text.find('\n') > 10'000;
    text_->setLineWrapMode(is_long_line ? QPlainTextEdit::NoWrap : QPlainTextEdit::WidgetWidth);
    text_->setPlainText(QString::fromStdString(part.error.empty() ? part.text : part.error));
}

void CellViewer::showJson(const Part& part) {
    tree_->clear();
    tabs_->setTabVisible(1, !part.json.isNull());
    if (part.json.isNull()) {
        return;
    }
    int budget = kJsonNodesMax;
    const QJsonValue root = part.json.isArray() ? QJsonValue(part.json.array()) : QJsonValue(part.json.object());
    addJson(tree_->invisibleRootItem(), QStringLiteral("$"), root, budget);
    tree_->expandToDepth(1);
    tree_->resizeColumnToContents(0);
    if (budget < 0) {
        facts_->setText(facts_->text() + tr(" · the first 20,000 parts of the tree"));
    }
}

void CellViewer::showImage(const Part& part) {
    tabs_->setTabVisible(2, !part.image.isNull());
    image_->setPixmap(QPixmap::fromImage(part.image));
    if (!part.image.isNull()) {
        facts_->setText(facts_->text() + tr(" · %1 × %2 pixels").arg(part.image.width()).arg(part.image.height()));
    }
}

void CellViewer::showInPlugins(const Part& part) {
    for (const auto& [name, viewer] : plugin_tabs_) {
        tabs_->setTabVisible(tabs_->indexOf(viewer), false);
    }
    // A part of a value is no value.
    if (!part.error.empty() || part.is_null || part.text.size() != part.size) {
        return;
    }
    const client::ResultColumn& facts = view_.columns()[static_cast<std::size_t>(column_)];
    const PluginColumn column{QString::fromStdString(facts.name), QString::fromStdString(facts.type_name)};
    const QByteArray value = QByteArray::fromStdString(part.text);
    PluginRegistry& registry = PluginRegistry::ofProcess();
    for (std::size_t i = 0; i < registry.plugins().size(); ++i) {
        const PluginRegistry::Plugin found = registry.plugins()[i];
        CellViewerPlugin* plugin = found.kind == PluginRegistry::Kind::kViewer ? registry.viewer(found.name) : nullptr;
        if (plugin == nullptr || !plugin->canShow(column, value)) {
            continue;
        }
        QWidget*& viewer = plugin_tabs_[found.name];
        if (viewer == nullptr) {
            viewer = plugin->createViewer(tabs_);
            tabs_->addTab(viewer, found.title);
        }
        tabs_->setTabVisible(tabs_->indexOf(viewer), true);
        plugin->showCell(viewer, column, value);
    }
}

void CellViewer::showBytes(const Part& part) {
    bytes_->setPlainText(hexDump(part.bytes, offset_));
}

}  // namespace tessera::workbench
