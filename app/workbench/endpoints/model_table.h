// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The versions of a model side by side: who calls each, and what each calls the fields. GUI thread.

#include "app/core/endpoints/endpoint_models.h"
#include "nodeservice/endpoints/model/model.h"

#include <QTreeWidget>
#include <optional>

namespace tessera::workbench {

class ModelTable : public QTreeWidget {
    Q_OBJECT

  public:
    explicit ModelTable(QWidget* parent = nullptr);

    /// `file`: as it was published; none while it is not known.
    void setModel(const app::ServedModel& served, const std::optional<endpoints::Model>& file);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void showAll();

    app::ServedModel served_;
    std::optional<endpoints::Model> file_;
};

}  // namespace tessera::workbench
