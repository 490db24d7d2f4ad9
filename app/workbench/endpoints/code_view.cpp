// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/code_view.h"

#include "app/core/endpoints/endpoint_request.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr auto kCurl = "curl";
constexpr auto kPython = "python-call";

}  // namespace

CodeView::CodeView(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent)
    : QWidget(parent),
      nodes_(std::move(nodes)),
      language_(new QComboBox),
      copy_(new QPushButton(tr("Copy"))),
      note_(new NoteLabel(QStringLiteral("codeNote"))),
      text_(new QPlainTextEdit),
      reading_(this) {
    setObjectName(QStringLiteral("codeView"));
    language_->setObjectName(QStringLiteral("codeLanguage"));
    language_->setAccessibleName(tr("Language"));
    language_->addItem(QStringLiteral("TypeScript"), QStringLiteral("ts"));
    language_->addItem(QStringLiteral("JavaScript (JSDoc)"), QStringLiteral("jsdoc"));
    language_->addItem(QStringLiteral("Python"), QStringLiteral("python"));
    language_->addItem(QStringLiteral("Go"), QStringLiteral("go"));
    language_->addItem(QStringLiteral("OpenAPI 3.1"), QStringLiteral("openapi"));
    language_->addItem(QStringLiteral("JSON Schema"), QStringLiteral("json-schema"));
    language_->addItem(QStringLiteral("curl"), QLatin1String(kCurl));
    language_->addItem(QStringLiteral("Python (urllib)"), QLatin1String(kPython));
    copy_->setObjectName(QStringLiteral("codeCopy"));
    copy_->setProperty("secondary", true);
    text_->setObjectName(QStringLiteral("codeText"));
    text_->setAccessibleName(tr("Generated code"));
    text_->setReadOnly(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text_->setFrameShape(QFrame::NoFrame);
    text_->setFont(monospaceFont());
    text_->setLineWrapMode(QPlainTextEdit::NoWrap);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    bar->setSpacing(8);
    bar->addWidget(language_);
    bar->addWidget(note_, 1);
    bar->addStretch();
    bar->addWidget(copy_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(text_, 1);
    connect(language_, &QComboBox::currentIndexChanged, this, &CodeView::ask);
    connect(copy_, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(text_->toPlainText());
        note_->setNote(tr("Copied."));
    });
    showText({});
}

void CodeView::setNodes(std::shared_ptr<app::EndpointNodes> nodes) {
    nodes_ = std::move(nodes);
    texts_.clear();
}

void CodeView::setEndpoints(const std::vector<std::string>& names, std::int64_t version) {
    if (names == names_ && version == version_) {
        return;
    }
    names_ = names;
    version_ = version;
    texts_.clear();
    if (isVisible()) {
        ask();
    }
}

void CodeView::setCall(const std::optional<client::EndpointCall>& call, const QString& node) {
    curl_ = call ? QString::fromStdString(app::curlOf(*call, node.toStdString())) : QString();
    python_ = call ? QString::fromStdString(app::pythonOf(*call, node.toStdString())) : QString();
    const QString language = language_->currentData().toString();
    if (isVisible() && (language == QLatin1String(kCurl) || language == QLatin1String(kPython))) {
        ask();
    }
}

void CodeView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    ask();
}

void CodeView::ask() {
    const std::string format = language_->currentData().toString().toStdString();
    reading_.cancel();
    note_->setNote({});
    if (format == kCurl || format == kPython) {
        showText(format == kCurl ? curl_ : python_);
        return;
    }
    if (const auto found = texts_.find(format); found != texts_.end() || names_.empty() || !nodes_) {
        showText(found == texts_.end() ? QString() : found->second);
        return;
    }
    showText({});
    note_->setNote(tr("Being generated…"));
    reading_.start(
        [nodes = nodes_, names = names_, format](const app::TaskControl&) {
            return nodes->ask([&](client::EndpointsClient& node) { return node.exportAs(format, names); });
        },
        [this, format](const Result<std::string>& text) {
            if (!text) {
                note_->setNote(QString::fromStdString(text.error().describe()), NoteLabel::Tone::kError);
                return;
            }
            note_->setNote({});
            texts_[format] = QString::fromStdString(*text);
            showText(texts_[format]);
        });
}

void CodeView::showText(const QString& text) {
    if (text_->toPlainText() != text) {
        text_->setPlainText(text);
    }
    text_->setPlaceholderText(names_.empty() ? tr("There is code once it is published.") : QString());
    copy_->setEnabled(!text.isEmpty());
}

}  // namespace tessera::workbench
