// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop application.

#include "app/workbench/settings/appearance.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/ui/language.h"

#include <unistd.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QStandardPaths>
#include <algorithm>
#include <string_view>

namespace {

using tessera::workbench::Appearance;
using tessera::workbench::MainWindow;
using tessera::workbench::WorkbenchOptions;

class CommandLine {
  public:
    CommandLine()
        : mesh_(QStringLiteral("mesh"),
                MainWindow::tr("The mesh file; else $TESSERA_MESH, else ~/.config/tessera/mesh.yaml."),
                QStringLiteral("FILE")),
          profile_(QStringLiteral("profile"),
                   MainWindow::tr("The folder for settings and unsaved text (default: %1).").arg(defaultProfile()),
                   QStringLiteral("DIR")) {
        parser_.setApplicationDescription(MainWindow::tr("Browse and query the nodes of a mesh."));
        parser_.addOptions({mesh_, profile_});
        parser_.addPositionalArgument(QStringLiteral("file"), MainWindow::tr("Files of SQL to open."),
                                      QStringLiteral("[FILE…]"));
        parser_.addHelpOption();
        parser_.addVersionOption();
    }

    /// Before there is an application: where the profile is. Mistakes are told by options().
    QString profileOf(int argc, char** argv) {
        QStringList arguments;
        for (int i = 0; i < argc; ++i) {
            arguments += QString::fromLocal8Bit(argv[i]);
        }
        parser_.parse(arguments);
        return parser_.isSet(profile_) ? parser_.value(profile_) : defaultProfile();
    }

    /// Ends the program after --help, --version and a mistake.
    WorkbenchOptions options(const QApplication& application) {
        parser_.process(application);
        WorkbenchOptions options;
        if (parser_.isSet(mesh_)) {
            options.mesh_file = parser_.value(mesh_).toStdString();
        }
        options.files = parser_.positionalArguments();
        options.profile_directory = parser_.isSet(profile_) ? parser_.value(profile_) : defaultProfile();
        return options;
    }

  private:
    static QString defaultProfile() { return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation); }

    QCommandLineOption mesh_;
    QCommandLineOption profile_;
    QCommandLineParser parser_;
};

/// Help and version are also asked for where there is no display.
bool onlyPrints(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](const char* argument) {
        const std::string_view text(argument);
        return text == "--help" || text == "-h" || text == "--help-all" || text == "--version" || text == "-v";
    });
}

int run(int argc, char** argv, CommandLine& command_line) {
    QApplication application(argc, argv);
    {
        const QSettings settings(MainWindow::settingsFile(command_line.profileOf(argc, argv)), QSettings::IniFormat);
        tessera::workbench::installLanguage(
            application, tessera::workbench::languageFor(tessera::workbench::chosenLanguage(settings)));
    }
    MainWindow window(command_line.options(application));
    window.show();
    return QApplication::exec();
}

}  // namespace

int main(int argc, char** argv) {
    if (onlyPrints(argc, argv)) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication::setOrganizationName(QStringLiteral("tessera"));
    QApplication::setApplicationName(QStringLiteral("tessera-workbench"));
    QApplication::setApplicationDisplayName(QStringLiteral("Tessera"));
    QApplication::setApplicationVersion(QStringLiteral(TESSERA_VERSION));
    CommandLine command_line;
    const bool is_scaled = Appearance::applyScale(MainWindow::settingsFile(command_line.profileOf(argc, argv)));
    const int code = run(argc, argv, command_line);
    if (code == MainWindow::kRestartCode) {
        if (is_scaled) {
            qunsetenv("QT_SCALE_FACTOR");
        }
        execv("/proc/self/exe", argv);
    }
    return code;
}
