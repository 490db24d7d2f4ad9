// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// An endpoint's file as SQL with its header: written in, with what is wrong under its place and in a list. GUI thread.

#include "app/core/endpoints/endpoint_draft.h"

#include <QWidget>

namespace tessera::workbench {

class SqlAssistant;
class SqlEditor;

class EndpointText : public QWidget {
    Q_OBJECT

  public:
    explicit EndpointText(app::EndpointDraft& draft, QWidget* parent = nullptr);

    SqlEditor& editor() { return *editor_; }

    SqlAssistant& assistant() { return *assistant_; }

  private:
    void showText();
    void showProblems();
    void goTo(int line, int column);
    /// Bytes of the text.
    std::size_t offsetOf(int line, int column) const;

    app::EndpointDraft& draft_;
    SqlEditor* editor_;
    SqlAssistant* assistant_;
};

}  // namespace tessera::workbench
