// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Asks what of a result is to be written, in which format and where to, and shows the first rows as they will stand in
/// the file. Writes nothing itself. GUI thread.

#include "app/core/results/export_preview.h"
#include "app/core/thread/background_task.h"

#include <QDialog>
#include <QString>
#include <optional>
#include <vector>

class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QRadioButton;

namespace tessera::workbench {

class NoteLabel;

/// What a file's ending stands for; formats of plugins are those of PluginRegistry.
app::ExportFormat exportFormatOf(const QString& suffix);

class ExportDialog : public QDialog {
    Q_OBJECT

  public:
    enum class Scope { kSelection, kShown, kWholeQuery };

    struct Offer {
        app::ResultView view;
        /// All rows and columns as they are shown.
        app::CellSelection shown;
        /// More than one cell is selected.
        std::optional<app::CellSelection> selection;
        /// The statement changes nothing: it can be run again for all of its rows.
        bool can_run_again = false;
        /// Rows still come.
        bool is_running = false;
    };

    /// `path` is proposed.
    ExportDialog(Offer offer, const QString& path, QWidget* parent);

    QString path() const;
    Scope scope() const;

  private:
    struct Format {
        QString title;
        QString suffix;
        bool is_plugin = false;
    };

    QWidget* buildScopes();
    void buildFormats(bool with_plugins);
    void chooseFile();
    void onFormatChosen();
    void onPathChanged();
    void onScopeChanged();
    void refreshPreview();
    void showNote();
    QString suffix() const;
    const app::CellSelection& cells() const;

    const Offer offer_;
    std::vector<Format> formats_;
    QRadioButton* selection_ = nullptr;
    QRadioButton* shown_ = nullptr;
    QRadioButton* whole_ = nullptr;
    QComboBox* format_;
    QLineEdit* path_;
    QPlainTextEdit* preview_;
    NoteLabel* note_;
    QPushButton* export_ = nullptr;
    std::optional<std::uint64_t> bytes_;
    app::BackgroundTask previewing_;
};

}  // namespace tessera::workbench
