#include "app/core/endpoints/endpoint_request.h"

#include "nodeservice/endpoints/definition/value.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>
#include <QUrl>
#include <algorithm>
#include <map>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(EndpointRequest)
};

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

std::vector<std::string> partsOf(const std::string& value, bool is_list) {
    if (!is_list) {
        return {value};
    }
    std::vector<std::string> parts;
    for (const QString& part : qt(value).split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        parts.push_back(part.trimmed().toStdString());
    }
    return parts;
}

std::string encoded(const std::string& text) {
    return QUrl::toPercentEncoding(qt(text)).toStdString();
}

QJsonValue jsonOf(endpoints::ParameterType type, const std::string& value) {
    using endpoints::ParameterType;
    switch (type) {
        case ParameterType::kBoolean:
            return value == "true";
        case ParameterType::kInteger:
            return qt(value).toInt();
        case ParameterType::kJson: {
            const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromStdString(value));
            return document.isArray()    ? QJsonValue(document.array())
                   : document.isObject() ? QJsonValue(document.object())
                                         : QJsonValue(qt(value));
        }
        default:
            // Numbers that JSON's readers would round are texts.
            return qt(value);
    }
}

/// As a POSIX shell reads it back.
std::string quoted(const std::string& text) {
    std::string made = "'";
    for (const char c : text) {
        made += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return made + "'";
}

}  // namespace

QString valueProblem(const endpoints::Parameter& parameter, const std::string& value) {
    if (value.empty()) {
        return parameter.is_required ? Texts::tr("It must be given.") : QString();
    }
    for (const std::string& part : partsOf(value, parameter.is_list)) {
        if (!endpoints::isValueOf(parameter.type, part)) {
            return Texts::tr("Not %1.").arg(QLatin1String(endpoints::formOf(parameter.type)));
        }
        const auto& choices = parameter.choices;
        if (!choices.empty() && std::find(choices.begin(), choices.end(), part) == choices.end()) {
            QStringList allowed;
            for (const std::string& choice : choices) {
                allowed += qt(choice);
            }
            return Texts::tr("One of: %1").arg(allowed.join(QStringLiteral(", ")));
        }
        if (parameter.least && endpoints::compareValues(parameter.type, part, *parameter.least) < 0) {
            return Texts::tr("At least %1.").arg(qt(*parameter.least));
        }
        if (parameter.most && endpoints::compareValues(parameter.type, part, *parameter.most) > 0) {
            return Texts::tr("At most %1.").arg(qt(*parameter.most));
        }
    }
    return {};
}

client::EndpointCall callOf(const endpoints::Definition& endpoint, const EndpointRequest& request) {
    client::EndpointCall call;
    call.name = endpoint.name;
    call.accept = request.format == "csv"      ? "text/csv"
                  : request.format == "ndjson" ? "application/x-ndjson"
                                               : std::string();
    QJsonObject body;
    for (const auto& [name, value] : request.values) {
        if (value.empty()) {
            continue;
        }
        const endpoints::Parameter* parameter = endpoint.parameter(name);
        const bool is_list = parameter != nullptr && parameter->is_list;
        if (endpoint.writes && parameter != nullptr) {
            QJsonArray list;
            for (const std::string& part : partsOf(value, is_list)) {
                list.append(jsonOf(parameter->type, part));
            }
            body.insert(qt(name), is_list ? QJsonValue(list) : list.first());
            continue;
        }
        for (const std::string& part : partsOf(value, is_list)) {
            call.query += (call.query.empty() ? "" : "&") + encoded(name) + "=" + encoded(part);
        }
    }
    if (endpoint.writes) {
        call.method = "POST";
        call.body = QJsonDocument(body).toJson(QJsonDocument::Compact).toStdString();
    }
    return call;
}

namespace {

std::string urlOf(const client::EndpointCall& call, const std::string& node) {
    const std::string path = "/api/v1/endpoints/" + QUrl::toPercentEncoding(qt(call.name), "@").toStdString();
    return node + path + (call.query.empty() ? "" : "?" + call.query);
}

/// JSON's texts are Python's, too.
std::string pythonText(const std::string& text) {
    const QByteArray json = QJsonDocument(QJsonArray{qt(text)}).toJson(QJsonDocument::Compact);
    return json.mid(1, json.size() - 2).toStdString();
}

}  // namespace

std::string curlOf(const client::EndpointCall& call, const std::string& node) {
    std::string command = "curl -u \"$TESSERA_USER\"";
    if (!call.accept.empty()) {
        command += " -H " + quoted("Accept: " + call.accept);
    }
    if (!call.body.empty()) {
        command += " \\\n  -H 'Content-Type: application/json' -d " + quoted(call.body);
    }
    return command + " \\\n  " + quoted(urlOf(call, node));
}

std::string pythonOf(const client::EndpointCall& call, const std::string& node) {
    std::string program =
        "import base64\nimport os\nimport urllib.request\n\nuser = "
        "base64.b64encode(os.environ[\"TESSERA_USER\"].encode())\n"
        "request = urllib.request.Request(\n    " +
        pythonText(urlOf(call, node)) + ",\n";
    if (!call.body.empty()) {
        program += "    data=" + pythonText(call.body) + ".encode(),\n";
    }
    program += "    method=" + pythonText(call.method) +
               ",\n    headers={\n        \"Authorization\": \"Basic \" + user.decode(),\n";
    if (!call.accept.empty()) {
        program += "        \"Accept\": " + pythonText(call.accept) + ",\n";
    }
    if (!call.body.empty()) {
        program += "        \"Content-Type\": \"application/json\",\n";
    }
    return program +
           "    },\n)\nwith urllib.request.urlopen(request, timeout=60) as answer:\n    "
           "print(answer.read().decode())\n";
}

QString shownBody(const client::EndpointAnswer& answer) {
    const QByteArray bytes = QByteArray::fromStdString(answer.body);
    QString type;
    for (const auto& [name, value] : answer.headers) {
        type = name == "Content-Type" ? qt(value) : type;
    }
    const bool is_json = type.startsWith(QLatin1String("application/json")) || type.contains(QLatin1String("+json"));
    const QJsonDocument document = is_json && !answer.is_cut ? QJsonDocument::fromJson(bytes) : QJsonDocument();
    // Fields in their order are worth more than one line each: Qt sorts them.
    if (document.isNull() || bytes.trimmed().contains('\n')) {
        return QString::fromUtf8(bytes);
    }
    return QString::fromUtf8(document.toJson());
}

QString statusText(int status) {
    static const std::map<int, const char*> kTexts = {{200, "OK"},
                                                      {304, "Not Modified"},
                                                      {400, "Bad Request"},
                                                      {401, "Unauthorized"},
                                                      {403, "Forbidden"},
                                                      {404, "Not Found"},
                                                      {405, "Method Not Allowed"},
                                                      {409, "Conflict"},
                                                      {429, "Too Many Requests"},
                                                      {500, "Internal Server Error"},
                                                      {503, "Service Unavailable"},
                                                      {504, "Gateway Timeout"}};
    const auto found = kTexts.find(status);
    return QString::number(status) +
           (found == kTexts.end() ? QString() : QLatin1Char(' ') + QLatin1String(found->second));
}

}  // namespace tessera::app
