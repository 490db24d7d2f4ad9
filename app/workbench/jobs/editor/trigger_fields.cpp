// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/editor/trigger_fields.h"

#include "app/workbench/documents/draft_form.h"
#include "app/workbench/jobs/editor/cron_builder.h"
#include "app/workbench/ui/note_label.h"

#include <QCoreApplication>
#include <QTimeZone>
#include <chrono>

namespace tessera::workbench {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(TriggerFields)
};

constexpr std::size_t kTimesShown = 10;

QStringList zoneNames() {
    QStringList names;
    for (const QByteArray& name : QTimeZone::availableTimeZoneIds()) {
        names += QString::fromLatin1(name);
    }
    return names;
}

void addCron(DraftForm& form) {
    auto* builder = new CronBuilder;
    QObject::connect(builder, &CronBuilder::cronBuilt, &form, [&form](const std::string& cron) {
        form.change("builder", [&](app::YamlDocument& document) { document.put(form.path("cron"), cron); });
    });
    form.addWidget("builder", Texts::tr("How often"), builder,
                   [&form, builder] { builder->setCron(form.document().value(form.path("cron"))); });
    form.onlyWith("cron");
    form.addText("cron", Texts::tr("Cron"), Texts::tr("minute hour day-of-month month day-of-week"),
                 DraftForm::WhenEmpty::kKeep);
    form.onlyWith("cron");
    form.addProposals("zone", Texts::tr("Time zone"), zoneNames(), QStringLiteral("UTC"));
    form.onlyWith("cron");
}

void addTimes(DraftForm& form) {
    auto* times = new NoteLabel(QStringLiteral("nextTimes"));
    times->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    form.addWidget("times", Texts::tr("Next times"), times, [&form, times] {
        const auto text = [&form](const char* key) { return form.document().value(form.path(key)); };
        const app::ScheduleWords said = app::describeSchedule(
            text("cron"), text("zone"), text("every"),
            std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()), kTimesShown);
        QStringList lines{said.words};
        for (const QString& time : said.next) {
            lines += QStringLiteral("    ") + time;
        }
        // What is wrong stands at its field.
        times->setNote(!said.problem.isEmpty() ? Texts::tr("None until what is written above is right.")
                                               : lines.join(QLatin1Char('\n')));
    });
    form.onlyIf([&form] { return !form.document().has(form.path("after")); });
}

}  // namespace

void addTriggerFields(DraftForm& form, const QStringList& jobs) {
    using WhenEmpty = DraftForm::WhenEmpty;
    form.addKind(Texts::tr("Starts"), {{"cron", Texts::tr("at times")},
                                       {"every", Texts::tr("every so often")},
                                       {"after", Texts::tr("after another job")}});
    addCron(form);
    form.addText("every", Texts::tr("Every"), Texts::tr("15m, 6h or 1d"), WhenEmpty::kKeep);
    form.onlyWith("every");
    form.addProposals("after", Texts::tr("Job"), jobs, {}, WhenEmpty::kKeep);
    form.onlyWith("after");
    form.addChoice("end", Texts::tr("When it"),
                   {{"success", Texts::tr("has succeeded")},
                    {"failure", Texts::tr("has failed")},
                    {"any", Texts::tr("has ended")}});
    form.onlyWith("after");
    addTimes(form);
    const auto has_times = [&form] { return !form.document().has(form.path("after")); };
    form.addChoice("missed", Texts::tr("Times that were missed"),
                   {{"last", Texts::tr("the last one is made up for")},
                    {"catch_up", Texts::tr("all are made up for")},
                    {"skip", Texts::tr("are left out")}});
    form.onlyIf(has_times);
    form.addText("jitter", Texts::tr("Delayed by up to"), Texts::tr("Not at all; else like 5m"));
    form.addPairs("parameters", Texts::tr("Parameters"), Texts::tr("A line each: name: value"));
}

}  // namespace tessera::workbench
