// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The fields of what starts a job: times by a cron builder, a time span, or another job; in words and with the next
/// ten times. GUI thread.

#include <QStringList>

namespace tessera::workbench {

class DraftForm;

/// `jobs`: names of others.
void addTriggerFields(DraftForm& form, const QStringList& jobs);

}  // namespace tessera::workbench
