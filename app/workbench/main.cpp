// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop application.

#include "app/workbench/shell/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QStandardPaths>
#include <algorithm>
#include <string_view>

namespace {

tessera::workbench::WorkbenchOptions optionsOf(const QApplication& application) {
    using tessera::workbench::MainWindow;
    QCommandLineParser parser;
    parser.setApplicationDescription(MainWindow::tr("Browse and query the nodes of a mesh."));
    const QCommandLineOption mesh(
        QStringLiteral("mesh"), MainWindow::tr("The mesh file; else $TESSERA_MESH, else ~/.config/tessera/mesh.yaml."),
        QStringLiteral("FILE"));
    const QCommandLineOption profile(QStringLiteral("profile"),
                                     MainWindow::tr("The folder for settings and unsaved text (default: %1).")
                                         .arg(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)),
                                     QStringLiteral("DIR"));
    parser.addOptions({mesh, profile});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(application);

    tessera::workbench::WorkbenchOptions options;
    if (parser.isSet(mesh)) {
        options.mesh_file = parser.value(mesh).toStdString();
    }
    options.profile_directory = parser.isSet(profile)
                                    ? parser.value(profile)
                                    : QStandardPaths::writableLocation(QStandardPaths::AppDataLocation);
    return options;
}

/// Help and version are also asked for where there is no display.
bool onlyPrints(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](const char* argument) {
        const std::string_view text(argument);
        return text == "--help" || text == "-h" || text == "--help-all" || text == "--version" || text == "-v";
    });
}

}  // namespace

int main(int argc, char** argv) {
    if (onlyPrints(argc, argv)) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("tessera"));
    QApplication::setApplicationName(QStringLiteral("tessera-workbench"));
    QApplication::setApplicationDisplayName(QStringLiteral("Tessera"));
    QApplication::setApplicationVersion(QStringLiteral(TESSERA_VERSION));
    tessera::workbench::MainWindow window(optionsOf(application));
    window.show();
    return QApplication::exec();
}
