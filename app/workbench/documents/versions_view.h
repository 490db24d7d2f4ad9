// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The versions of a file that is being written, what each has changed, and a way back to one. GUI thread; never waits.

#include "app/core/documents/document_draft.h"
#include "app/core/thread/background_task.h"
#include "common/result.h"

#include <QWidget>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

class QComboBox;
class QPushButton;
class QTreeWidget;

namespace tessera::workbench {

class DiffText;
class NoteLabel;

struct TextVersion {
    std::int64_t version = 0;
    std::string author;
    /// Milliseconds since 1970.
    std::int64_t at_ms = 0;
};

struct TextVersions {
    /// The newest first.
    std::vector<TextVersion> all;
    /// Of the one that was asked for.
    std::int64_t version = 0;
    std::string text;
};

/// Where the versions come from, and what becomes of one.
struct VersionSource {
    /// `version` 0: the newest. Waits; any thread.
    using Read = std::function<Result<TextVersions>(std::int64_t version)>;

    /// Null while there are none.
    std::function<Read()> reader;
    std::function<std::string(const std::string& before, const std::string& after)> diff;
    /// What is being written.
    std::function<std::string()> draft;
    std::function<void(const std::string& text)> take;
};

class VersionsView : public QWidget {
    Q_OBJECT

  public:
    VersionsView(app::DocumentDraft& draft, VersionSource source, QWidget* parent = nullptr);

    /// There is another version.
    void refresh();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void readVersions();
    void readTexts();
    void showDiff();
    std::int64_t chosen() const;
    /// The version that the chosen one is compared with; 0: an empty file, or the draft.
    std::int64_t compared() const;

    const VersionSource source_;
    std::map<std::int64_t, std::string> texts_;
    QTreeWidget* list_;
    QComboBox* with_;
    DiffText* diff_;
    QPushButton* restore_;
    NoteLabel* note_;
    app::BackgroundTask reading_;
};

}  // namespace tessera::workbench
