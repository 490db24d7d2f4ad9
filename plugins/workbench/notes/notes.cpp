// SPDX-License-Identifier: GPL-3.0-or-later
// A panel: one page of notes, kept in the profile, saved half a second after a change.
#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QFile>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSaveFile>
#include <QTimer>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

class NotesPanel : public QWidget {
  public:
    NotesPanel(PluginHost& host, QWidget* parent)
        : QWidget(parent), file_(host.profileDirectory() + QStringLiteral("/notes.txt")), text_(new QPlainTextEdit) {
        setAutoFillBackground(true);
        setBackgroundRole(QPalette::Base);
        text_->setObjectName(QStringLiteral("notesText"));
        // Tab goes on, as everywhere but in code.
        text_->setTabChangesFocus(true);
        text_->setAccessibleName(QStringLiteral("Notes"));
        text_->setFrameShape(QFrame::NoFrame);
        text_->document()->setDocumentMargin(12);
        QFile file(file_);
        if (file.open(QIODevice::ReadOnly)) {
            text_->setPlainText(QString::fromUtf8(file.readAll()));
        }
        auto* keep = new QPushButton(tr("Keep the statement"));
        keep->setObjectName(QStringLiteral("notesKeepButton"));
        auto* open = new QPushButton(tr("Open the selection"));
        open->setObjectName(QStringLiteral("notesOpenButton"));
        open->setProperty("secondary", true);
        problem_ = new QLabel;
        auto* bar = new QHBoxLayout;
        bar->setContentsMargins(12, 8, 12, 8);
        bar->setSpacing(8);
        bar->addWidget(problem_, 1);
        bar->addWidget(open);
        bar->addWidget(keep);
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(0);
        layout->addLayout(bar);
        layout->addWidget(text_, 1);
        constexpr int kDelay_ms = 500;
        timer_.setSingleShot(true);
        timer_.setInterval(kDelay_ms);
        connect(&timer_, &QTimer::timeout, this, [this] { save(); });
        connect(text_, &QPlainTextEdit::textChanged, &timer_, qOverload<>(&QTimer::start));
        connect(keep, &QPushButton::clicked, this,
                [this, &host] { text_->appendPlainText(host.currentSql() + QLatin1Char('\n')); });
        connect(open, &QPushButton::clicked, this, [this, &host] {
            const QString chosen = text_->textCursor().selectedText().replace(QChar::ParagraphSeparator, u'\n');
            host.openSql(chosen.isEmpty() ? text_->toPlainText() : chosen);
        });
    }

    ~NotesPanel() override {
        if (timer_.isActive()) {
            save();
        }
    }

  private:
    void save() {
        timer_.stop();
        QSaveFile file(file_);
        const bool is_saved =
            file.open(QIODevice::WriteOnly) && file.write(text_->toPlainText().toUtf8()) >= 0 && file.commit();
        problem_->setText(is_saved ? QString() : tr("Not saved: %1").arg(file.errorString()));
    }

    const QString file_;
    QPlainTextEdit* text_;
    QLabel* problem_ = nullptr;
    QTimer timer_;
};

}  // namespace

class NotesPlugin : public QObject, public PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID TESSERA_PANEL_IID FILE "notes.json")
    Q_INTERFACES(tessera::workbench::PanelPlugin)

  public:
    QWidget* createPanel(PluginHost& host, QWidget* parent) override { return new NotesPanel(host, parent); }
};

}  // namespace tessera::workbench

#include "notes.moc"
