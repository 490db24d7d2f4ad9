// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop application.

#include "app/workbench/shell/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QStandardPaths>

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

}  // namespace

int main(int argc, char** argv) {
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
