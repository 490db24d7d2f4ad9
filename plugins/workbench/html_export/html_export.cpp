// SPDX-License-Identifier: GPL-3.0-or-later
// An exporter: a result as a page that a browser shows and a mail can hold; numbers at the right, NULL grey.
#include "plugins/workbench/sdk/workbench_plugin.h"

#include <QIODevice>
#include <QObject>

namespace tessera::workbench {

namespace {

constexpr const char* kHead =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Tessera</title>\n<style>\n"
    "table { border-collapse: collapse; font: 13px sans-serif; }\n"
    "th, td { border: 1px solid #d4d9e1; padding: 3px 8px; text-align: left; vertical-align: top; }\n"
    "th { background: #f3f4f7; } td.n { text-align: right; } td.z { color: #868d99; }\n"
    "</style></head><body><table>\n<tr>";

bool isNumber(const QString& type) {
    return type == QLatin1String("smallint") || type == QLatin1String("integer") || type == QLatin1String("bigint") ||
           type == QLatin1String("real") || type == QLatin1String("double precision") ||
           type.startsWith(QLatin1String("numeric"));
}

class HtmlExport final : public PluginExport {
  public:
    explicit HtmlExport(QIODevice& file) : file_(file) {}

    QString begin(const QList<PluginColumn>& columns) override {
        QByteArray text(kHead);
        for (const PluginColumn& column : columns) {
            is_number_.push_back(isNumber(column.type_name));
            text += "<th>" + column.name.toHtmlEscaped().toUtf8() + "</th>";
        }
        return write(text + "</tr>\n");
    }

    QString row(const PluginRow& row) override {
        QByteArray text("<tr>");
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!row[i]) {
                text += "<td class=\"z\">NULL</td>";
                continue;
            }
            text += is_number_[i] ? "<td class=\"n\">" : "<td>";
            text += QString::fromUtf8(*row[i]).toHtmlEscaped().toUtf8() + "</td>";
        }
        return write(text + "</tr>\n");
    }

    QString end() override { return write("</table></body></html>\n"); }

  private:
    QString write(const QByteArray& text) { return file_.write(text) == text.size() ? QString() : file_.errorString(); }

    QIODevice& file_;
    std::vector<bool> is_number_;
};

}  // namespace

class HtmlExporter : public QObject, public ExporterPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID TESSERA_EXPORTER_IID FILE "html_export.json")
    Q_INTERFACES(tessera::workbench::ExporterPlugin)

  public:
    std::unique_ptr<PluginExport> createExport(QIODevice& file) override { return std::make_unique<HtmlExport>(file); }
};

}  // namespace tessera::workbench

#include "html_export.moc"
