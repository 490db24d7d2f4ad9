// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/model_try.h"

#include "app/workbench/endpoints/try_panel.h"
#include "app/workbench/ui/note_label.h"
#include "nodeservice/endpoints/definition/read.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

ModelTry::ModelTry(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent)
    : QWidget(parent),
      nodes_(std::move(nodes)),
      endpoint_(new QComboBox),
      note_(new NoteLabel(QStringLiteral("modelTryNote"))),
      panel_(new TryPanel(nodes_)),
      reading_(this) {
    setObjectName(QStringLiteral("modelTry"));
    endpoint_->setObjectName(QStringLiteral("modelTryEndpoint"));
    endpoint_->setAccessibleName(tr("Version, and what is done"));
    endpoint_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 0);
    bar->setSpacing(8);
    bar->addWidget(endpoint_);
    bar->addWidget(note_, 1);
    bar->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(panel_, 1);
    connect(endpoint_, &QComboBox::currentIndexChanged, this, &ModelTry::read);
    connect(panel_, &TryPanel::callChanged, this, &ModelTry::callChanged);
    endpoint_->hide();
}

void ModelTry::setNodes(std::shared_ptr<app::EndpointNodes> nodes) {
    nodes_ = std::move(nodes);
    panel_->setNodes(nodes_);
    shown_.clear();
}

void ModelTry::setEndpoints(const std::vector<std::string>& names, std::int64_t version, const QString& note) {
    note_text_ = note;
    if (names == names_ && version == version_) {
        note_->setNote(note);
        return;
    }
    names_ = names;
    version_ = version;
    shown_.clear();
    {
        const QSignalBlocker blocker(endpoint_);
        const QString before = endpoint_->currentText();
        endpoint_->clear();
        for (const std::string& name : names) {
            endpoint_->addItem(QString::fromStdString(name));
        }
        endpoint_->setCurrentIndex(std::max(0, endpoint_->findText(before)));
    }
    endpoint_->setVisible(!names.empty());
    read();
}

std::optional<client::EndpointCall> ModelTry::call() const {
    return panel_->call();
}

void ModelTry::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    read();
}

/// Its definition is what the node has derived from the model.
void ModelTry::read() {
    const std::string name = endpoint_->currentText().toStdString();
    if (names_.empty()) {
        reading_.cancel();
        panel_->setEndpoint(std::nullopt, note_text_);
        return;
    }
    if (!isVisible() || name == shown_) {
        return;
    }
    note_->setNote(tr("Reading what it takes…"));
    reading_.start(
        [nodes = nodes_, name](const app::TaskControl&) {
            return nodes->ask([&](client::EndpointsClient& node) { return node.get(name, 0); });
        },
        [this, name](const Result<client::EndpointDetails>& details) {
            shown_ = name;
            if (!details) {
                panel_->setEndpoint(std::nullopt);
                note_->setNote(QString::fromStdString(details.error().describe()), NoteLabel::Tone::kError);
                return;
            }
            endpoints::ReadDefinition read = endpoints::readDefinition(details->text, name);
            if (!read.errors.empty()) {
                panel_->setEndpoint(std::nullopt);
                note_->setNote(QString::fromStdString(read.errors.front().message), NoteLabel::Tone::kError);
                return;
            }
            note_->setNote(note_text_);
            panel_->setEndpoint(std::move(read.definition));
        });
}

}  // namespace tessera::workbench
