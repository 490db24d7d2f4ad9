// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/export_dialog.h"

#include "app/core/output/text_writers.h"
#include "app/workbench/plugin/plugin_registry.h"
#include "app/workbench/plugin/plugin_writer.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <algorithm>
#include <array>
#include <utility>

namespace tessera::workbench {

namespace {

constexpr QSize kSize(680, 520);

}  // namespace

app::ExportFormat exportFormatOf(const QString& suffix) {
    using app::ExportFormat;
    const std::array<std::pair<const char*, ExportFormat>, 8> kFormats{{{"parquet", ExportFormat::kParquet},
                                                                        {"xlsx", ExportFormat::kXlsx},
                                                                        {"json", ExportFormat::kJson},
                                                                        {"ndjson", ExportFormat::kNdjson},
                                                                        {"jsonl", ExportFormat::kNdjson},
                                                                        {"sql", ExportFormat::kInsert},
                                                                        {"tsv", ExportFormat::kTsv},
                                                                        {"md", ExportFormat::kMarkdown}}};
    for (const auto& [name, format] : kFormats) {
        if (suffix.compare(QLatin1String(name), Qt::CaseInsensitive) == 0) {
            return format;
        }
    }
    return ExportFormat::kCsv;
}

ExportDialog::ExportDialog(Offer offer, const QString& path, QWidget* parent)
    : QDialog(parent),
      offer_(std::move(offer)),
      format_(new QComboBox),
      path_(new QLineEdit(path)),
      preview_(new QPlainTextEdit),
      note_(new NoteLabel(QStringLiteral("exportNote"))),
      previewing_(this) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export"));
    resize(kSize);
    format_->setObjectName(QStringLiteral("exportFormat"));
    format_->setAccessibleName(tr("Format"));
    path_->setObjectName(QStringLiteral("exportPath"));
    path_->setAccessibleName(tr("File"));
    preview_->setObjectName(QStringLiteral("exportPreview"));
    preview_->setAccessibleName(tr("The first rows in the file"));
    preview_->setReadOnly(true);
    preview_->setLineWrapMode(QPlainTextEdit::NoWrap);
    preview_->setFont(monospaceFont());
    preview_->setTabChangesFocus(true);
    preview_->setProperty("framed", true);
    auto* browse = new QPushButton(tr("Browse…"));
    browse->setObjectName(QStringLiteral("exportBrowse"));
    browse->setProperty("secondary", true);
    browse->setAutoDefault(false);
    auto* file_row = new QHBoxLayout;
    file_row->setSpacing(8);
    file_row->addWidget(path_, 1);
    file_row->addWidget(browse);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->addRow(tr("What"), buildScopes());
    form->addRow(tr("Format"), format_);
    form->addRow(tr("File"), file_row);
    qobject_cast<QLabel*>(form->labelForField(file_row))->setBuddy(path_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Cancel)->setProperty("secondary", true);
    export_ = buttons->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    export_->setObjectName(QStringLiteral("exportStart"));
    export_->setDefault(true);
    auto* heading = new QLabel(tr("The first rows, as they will stand in the file"));
    heading->setObjectName(QStringLiteral("exportPreviewHeading"));
    heading->setProperty("muted", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addLayout(form);
    layout->addWidget(heading);
    layout->addWidget(preview_, 1);
    layout->addWidget(note_);
    layout->addWidget(buttons);
    buildFormats(true);
    connect(format_, &QComboBox::activated, this, &ExportDialog::onFormatChosen);
    connect(path_, &QLineEdit::textChanged, this, &ExportDialog::onPathChanged);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::chooseFile);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    onPathChanged();
    refreshPreview();
    format_->setFocus();
}

QWidget* ExportDialog::buildScopes() {
    auto* scopes = new QWidget;
    auto* column = new QVBoxLayout(scopes);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    const auto add = [&](const char* name, const QString& text) {
        auto* button = new QRadioButton(text);
        button->setObjectName(QLatin1String(name));
        connect(button, &QRadioButton::toggled, this, [this](bool is_on) {
            if (is_on) {
                onScopeChanged();
            }
        });
        column->addWidget(button);
        return button;
    };
    if (offer_.selection) {
        selection_ =
            add("exportSelection", tr("The selected cells, of %1").arg(rowsText(offer_.selection->rowCount())));
    }
    const QString rows = rowsText(offer_.shown.rowCount());
    shown_ = add("exportShown", offer_.is_running ? tr("The %1 that have come so far, as they are shown").arg(rows)
                                                  : tr("The %1 as they are shown").arg(rows));
    whole_ = add("exportWhole", tr("The whole query, run again: its rows go straight into the file"));
    whole_->setEnabled(offer_.can_run_again);
    whole_->setToolTip(offer_.can_run_again ? QString() : tr("Only a statement that changes nothing is run again"));
    const QSignalBlocker blocker(selection_ != nullptr ? selection_ : shown_);
    (selection_ != nullptr ? selection_ : shown_)->setChecked(true);
    return scopes;
}

void ExportDialog::buildFormats(bool with_plugins) {
    const QString chosen = suffix();
    formats_ = {{tr("CSV"), QStringLiteral("csv")},
                {tr("Parquet"), QStringLiteral("parquet")},
                {tr("Excel workbook"), QStringLiteral("xlsx")},
                {tr("JSON"), QStringLiteral("json")},
                {tr("JSON lines"), QStringLiteral("ndjson")},
                {tr("SQL INSERT statements"), QStringLiteral("sql")},
                {tr("Tab-separated text"), QStringLiteral("tsv")},
                {tr("Markdown"), QStringLiteral("md")}};
    for (const PluginRegistry::Plugin& plugin : PluginRegistry::ofProcess().plugins()) {
        if (with_plugins && plugin.kind == PluginRegistry::Kind::kExporter && plugin.problem.isEmpty()) {
            formats_.push_back({plugin.title, plugin.suffix, true});
        }
    }
    const QSignalBlocker blocker(format_);
    format_->clear();
    for (const Format& format : formats_) {
        format_->addItem(QStringLiteral("%1 (.%2)").arg(format.title, format.suffix), format.suffix);
    }
    format_->setCurrentIndex(std::max(0, format_->findData(chosen)));
}

QString ExportDialog::path() const {
    const QString typed = path_->text().trimmed();
    return QFileInfo(typed).isRelative() && !typed.isEmpty() ? QDir::home().filePath(typed) : typed;
}

ExportDialog::Scope ExportDialog::scope() const {
    return whole_->isChecked()                                ? Scope::kWholeQuery
           : selection_ != nullptr && selection_->isChecked() ? Scope::kSelection
                                                              : Scope::kShown;
}

QString ExportDialog::suffix() const {
    return QFileInfo(path_->text().trimmed()).suffix().toLower();
}

const app::CellSelection& ExportDialog::cells() const {
    return scope() == Scope::kSelection ? *offer_.selection : offer_.shown;
}

void ExportDialog::chooseFile() {
    auto* dialog = new QFileDialog(this, tr("Export to"), path());
    dialog->setObjectName(QStringLiteral("exportFileDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::DontConfirmOverwrite);  // said below the preview
    dialog->setDefaultSuffix(format_->currentData().toString());
    connect(dialog, &QFileDialog::fileSelected, path_, &QLineEdit::setText);
    dialog->open();
}

void ExportDialog::onFormatChosen() {
    const QFileInfo file(path_->text().trimmed());
    const QString name = file.fileName().isEmpty() ? QStringLiteral("result") : file.completeBaseName();
    const QString folder = path_->text().trimmed().contains(u'/') ? file.path() + u'/' : QString();
    path_->setText((folder == QLatin1String("//") ? QStringLiteral("/") : folder) + name + u'.' +
                   format_->currentData().toString());
}

void ExportDialog::onPathChanged() {
    if (const int index = format_->findData(suffix()); index >= 0 && index != format_->currentIndex()) {
        const QSignalBlocker blocker(format_);
        format_->setCurrentIndex(index);
    }
    showNote();
    refreshPreview();
}

void ExportDialog::onScopeChanged() {
    // A plugin is given rows that are here.
    buildFormats(scope() != Scope::kWholeQuery);
    if (format_->findData(suffix()) < 0) {
        onFormatChosen();
    }
    showNote();
    refreshPreview();
}

void ExportDialog::refreshPreview() {
    const QString ending = suffix();
    app::ExportOptions options{exportFormatOf(ending),
                               app::quotedIdentifier(QFileInfo(path()).completeBaseName().toStdString())};
    app::WriterFactory make;
    const bool is_plugin = std::any_of(formats_.begin(), formats_.end(), [&](const Format& format) {
        return format.is_plugin && format.suffix == ending;
    });
    if (ExporterPlugin* plugin = is_plugin ? PluginRegistry::ofProcess().exporterFor(ending) : nullptr) {
        make = [plugin](app::Output& output) { return std::make_unique<PluginWriter>(*plugin, output); };
    }
    previewing_.start(
        [view = offer_.view, cells = cells(), options = std::move(options), make](app::TaskControl& control) {
            return app::previewExport(view, cells, options, make, control);
        },
        [this](const Result<app::ExportPreview>& preview) {
            bytes_ = preview ? preview->bytes : std::nullopt;
            preview_->setPlainText(QString::fromStdString(preview ? preview->text : preview.error().message));
            showNote();
        });
}

void ExportDialog::showNote() {
    const QFileInfo file(path());
    QString problem;
    if (path_->text().trimmed().isEmpty() || file.fileName().isEmpty()) {
        problem = tr("Name a file.");
    } else if (file.isDir()) {
        problem = tr("%1 is a folder: name a file in it.").arg(file.filePath());
    } else if (!file.dir().exists()) {
        problem = tr("There is no folder %1.").arg(file.dir().path());
    }
    export_->setEnabled(problem.isEmpty());
    QStringList parts;
    if (problem.isEmpty() && scope() != Scope::kWholeQuery) {
        parts << (bytes_ ? tr("%1, about %2")
                               .arg(rowsText(cells().rowCount()),
                                    QLocale().formattedDataSize(static_cast<qint64>(*bytes_), 0))
                         : rowsText(cells().rowCount()));
    }
    if (problem.isEmpty() && file.exists()) {
        parts << tr("the file is there already and will be replaced");
    }
    const bool is_warning = !problem.isEmpty() || file.exists();
    note_->setNote(problem.isEmpty() ? parts.join(QStringLiteral(" · ")) : problem,
                   is_warning ? NoteLabel::Tone::kWarning : NoteLabel::Tone::kMuted);
}

}  // namespace tessera::workbench
