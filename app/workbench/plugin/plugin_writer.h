// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A plugin's format as a writer of rows. One thread at a time; the GUI's is not one of them.

#include "app/core/output/row_writer.h"
#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QBuffer>
#include <memory>

namespace tessera::workbench {

class PluginWriter final : public app::RowWriter {
  public:
    /// `output` outlives it.
    PluginWriter(ExporterPlugin& plugin, app::Output& output);

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    Result<> pass(const QString& problem);

    app::Output& output_;
    /// What the plugin wrote since the last batch.
    QBuffer buffer_;
    std::unique_ptr<PluginExport> export_;
    PluginRow row_;
};

}  // namespace tessera::workbench
