// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The fields of endpoints' and models' files. GUI thread.

#include "app/core/documents/document_draft.h"

class QWidget;

namespace tessera::workbench {

QWidget* makeEndpointForm(app::DocumentDraft& draft);
QWidget* makeParameterCards(app::DocumentDraft& draft);
QWidget* makeModelForm(app::DocumentDraft& draft);
QWidget* makeFieldCards(app::DocumentDraft& draft);
QWidget* makeRelationshipCards(app::DocumentDraft& draft);

}  // namespace tessera::workbench
