// The workbench's editor: names of 50,000 tables and a million columns, proposals in them, large files, live marks.
// There is no peer to run beside: the goals are those of the notes on what people expect (docs/workbench.md).
#include "app/core/catalog/mesh_search.h"
#include "app/core/catalog/name_index.h"
#include "app/core/sql/completion.h"
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/editor/live_check.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tessera {
namespace {

constexpr int kTables = 50'000;
constexpr int kColumnsEach = 20;

double elapsed_ms(const QElapsedTimer& timer) {
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

double percentile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

void report(const char* what, double value, const char* unit, double goal) {
    std::printf("%-62s %10.2f %-3s  goal %8.1f  %s\n", what, value, unit, goal, value <= goal ? "met" : "MISSED");
    std::fflush(stdout);
}

app::NameIndexBuilder bigCatalog() {
    const std::vector<std::string> words{"order",  "customer", "item",  "price",   "account", "region",
                                         "flight", "day",      "stock", "invoice", "ledger",  "payment",
                                         "sensor", "event",    "user",  "batch"};
    std::mt19937 random(3);
    const auto name = [&](int number) {
        return words[random() % words.size()] + "_" + words[random() % words.size()] + "_" + std::to_string(number);
    };
    app::NameIndexBuilder builder;
    builder.addToSearchPath("schema_0");
    for (int i = 0; i < kTables; ++i) {
        builder.addTable("schema_" + std::to_string(i % 50), name(i), app::RelationKind::kForeignTable,
                         "What the " + words[random() % words.size()] + " system keeps, number " + std::to_string(i));
        for (int k = 0; k < kColumnsEach; ++k) {
            builder.addColumn(name(k * 97 + i % 1000), k % 2 == 0 ? "bigint" : "character varying(80)", false, k == 0,
                              "");
        }
    }
    return builder;
}

void turnUntil(const std::function<bool()>& condition) {
    while (!condition()) {
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
    }
}

void press(QWidget& widget, const QString& text, int key = 0) {
    QKeyEvent down(QEvent::KeyPress, key, Qt::NoModifier, text);
    QCoreApplication::sendEvent(&widget, &down);
}

void benchCatalog(const std::shared_ptr<const app::NameIndex>& names) {
    report("index of 50,000 tables and 1 M columns: size", static_cast<double>(names->byteSize()) / 1e6, "MB", 120);
    std::vector<double> prefix;
    std::vector<double> fuzzy;
    for (const char* text :
         {"o", "or", "order_", "customer_i", "stock_ledger_4", "zz", "s", "pa", "flight_day_1", "e"}) {
        for (int i = 0; i < 20; ++i) {
            QElapsedTimer timer;
            timer.start();
            names->withPrefix(text, app::kProposalsMax);
            prefix.push_back(elapsed_ms(timer));
        }
        for (int i = 0; i < 10; ++i) {
            QElapsedTimer timer;
            timer.start();
            names->fuzzy(std::string(text) + "4", app::kProposalsMax);
            fuzzy.push_back(elapsed_ms(timer));
        }
    }
    report("search by prefix, p99", percentile(prefix, 0.99), "ms", 30);
    report("search by letters in order (worker), p99", percentile(fuzzy, 0.99), "ms", 30);
    std::vector<double> words;
    std::vector<double> all_nodes;
    const std::vector<app::NodeNames> nodes{{"lake", names}};
    for (const char* text : {"ledger system", "invoice 77", "nothing", "e", "stock_l", "oi4", "schema_7.pay"}) {
        for (int i = 0; i < 10; ++i) {
            QElapsedTimer timer;
            timer.start();
            names->containing(text, 100);
            words.push_back(elapsed_ms(timer));
            timer.restart();
            app::searchMesh(nodes, text, 100);
            all_nodes.push_back(elapsed_ms(timer));
        }
    }
    report("search in names and comments (worker), p99", percentile(words, 0.99), "ms", 30);
    report("search of the catalog and Ctrl+P (worker), p99", percentile(all_nodes, 0.99), "ms", 30);
}

void benchCompletion(const std::shared_ptr<const app::NameIndex>& names) {
    workbench::SqlEditor editor;
    workbench::SqlAssistant assistant(&editor);
    assistant.setNames(names);
    editor.resize(1000, 600);
    editor.show();
    const auto& table = names->tables()[0];
    const QString known = QString::fromStdString("schema_0." + std::string(names->text(table.name)));
    std::vector<double> times;
    for (int round = 0; round < 20; ++round) {
        for (const auto& [before, typed] :
             {std::pair(QStringLiteral("select * from "), QStringLiteral("order")),
              std::pair(QStringLiteral("select x.* from %1 x where x.").arg(known), QStringLiteral("s")),
              std::pair(QStringLiteral("select * from %1 a join ").arg(known), QStringLiteral("st"))}) {
            editor.setText(before);
            editor.setCaret(editor.utf8().size());
            for (const QChar c : typed) {
                QElapsedTimer timer;
                timer.start();
                press(editor, c);
                QCoreApplication::processEvents();
                editor.viewport()->repaint();
                if (auto* list = editor.findChild<workbench::CompletionPopup*>();
                    list != nullptr && list->isVisible()) {
                    list->repaint();
                }
                times.push_back(elapsed_ms(timer));
            }
        }
    }
    report("key -> proposals painted, p50", percentile(times, 0.5), "ms", 12);
    report("key -> proposals painted, p99", percentile(times, 0.99), "ms", 30);
}

QString script(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) {
        text += "INSERT INTO measurements (id, sensor, taken_at, value) VALUES (" + std::to_string(i) + ", 'sensor é" +
                std::to_string(i % 97) + "', '2026-01-01 00:00:00', " + std::to_string(i % 1000) + ".5);\n";
    }
    return QString::fromStdString(text);
}

void benchLargeFile() {
    const QString text = script(std::size_t{5} << 20U);
    std::vector<double> opening;
    std::vector<double> keys;
    for (int round = 0; round < 5; ++round) {
        workbench::SqlEditor editor;
        workbench::SqlAssistant assistant(&editor);
        workbench::LiveCheck check(&editor);
        editor.resize(1000, 600);
        editor.show();
        QElapsedTimer timer;
        timer.start();
        editor.setText(text);
        QCoreApplication::processEvents();
        opening.push_back(elapsed_ms(timer));
        editor.setCaret(editor.utf8().size());
        QCoreApplication::processEvents();
        editor.viewport()->repaint();
        for (int i = 0; i < 60; ++i) {
            timer.restart();
            press(editor, QString(QChar(u'a' + i % 26)));
            QCoreApplication::processEvents();
            // Qt puts an update off for a few milliseconds: several keys would share one.
            editor.viewport()->repaint();
            keys.push_back(elapsed_ms(timer));
        }
    }
    report("opening a file of 5 MB, median", percentile(opening, 0.5), "ms", 500);
    report("typing at its end: key -> painted, p50", percentile(keys, 0.5), "ms", 16);
    report("typing at its end: key -> painted, p99", percentile(keys, 0.99), "ms", 16);
}

void benchLiveMarks() {
    workbench::SqlEditor editor;
    workbench::LiveCheck check(&editor);
    bool is_checked = false;
    QObject::connect(&check, &workbench::LiveCheck::checked, &editor, [&] { is_checked = true; });
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        text += "with a as (select x, y from t where z > " + std::to_string(i) +
                ") select a.x, count(*) from a group by 1;\n";
    }
    editor.setText(QString::fromStdString(text));
    turnUntil([&] { return is_checked; });
    std::vector<double> times;
    for (int i = 0; i < 30; ++i) {
        is_checked = false;
        QElapsedTimer timer;
        timer.start();
        editor.replaceRange(text.size() / 2, text.size() / 2, "(");
        turnUntil([&] { return is_checked; });
        times.push_back(elapsed_ms(timer));
        is_checked = false;
        editor.undo();
        turnUntil([&] { return is_checked; });
    }
    report("error mark after the last key, 2,000 statements, p99", percentile(times, 0.99), "ms", 200);
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    tessera::workbench::applyTheme(application, tessera::workbench::ThemeName::kLight);
    // All parts, or those that are named.
    const auto isWanted = [&](const char* part) {
        return argc < 2 || QApplication::arguments().contains(QLatin1String(part));
    };
    if (isWanted("names")) {
        tessera::app::NameIndexBuilder builder = tessera::bigCatalog();
        QElapsedTimer timer;
        timer.start();
        const auto names = std::make_shared<const tessera::app::NameIndex>(builder.finish());
        tessera::report("index sorted (worker)", tessera::elapsed_ms(timer), "ms", 300);
        tessera::benchCatalog(names);
        tessera::benchCompletion(names);
    }
    if (isWanted("file")) {
        tessera::benchLargeFile();
    }
    if (isWanted("marks")) {
        tessera::benchLiveMarks();
    }
    return 0;
}
