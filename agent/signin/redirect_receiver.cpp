#include "agent/signin/redirect_receiver.h"

#include "nodeservice/client/agent_sentences.h"

#include <QTcpSocket>
#include <QTimer>
#include <QUrl>
#include <QUrlQuery>
#include <memory>

namespace tessera::agent {

namespace {

namespace says = client::agent_says;

constexpr qint64 kMostRequestBytes = 16 << 10;
constexpr int kRequestTimeMs = 10000;

QByteArray page(const char* status, const char* title, const char* text) {
    const QByteArray body = QByteArray(
                                "<!doctype html><meta charset=\"utf-8\"><title>Tessera</title>"
                                "<body style=\"font:16px system-ui;margin:4em auto;max-width:30em\"><h1>") +
                            title + "</h1><p>" + text + "</p>";
    return QByteArray("HTTP/1.1 ") + status +
           "\r\nContent-Type: text/html\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
           "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n"
           "Content-Length: " +
           QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

std::string valueOf(const QUrlQuery& query, const char* name) {
    return query.queryItemValue(QLatin1String(name), QUrl::FullyDecoded).toStdString();
}

}  // namespace

Result<std::string> codeOf(const std::string& target, const RedirectReceiver::Expected& expected) {
    const QUrl url = QUrl::fromEncoded(QByteArray::fromStdString("http://127.0.0.1" + target), QUrl::StrictMode);
    const QUrlQuery query(url);
    // Whoever does not know the state is not the provider: a page that guesses ports, say.
    if (url.path() != QLatin1String("/cb") || valueOf(query, "state") != expected.state) {
        return fail(ErrorCode::kNotFound, "there is nothing here");
    }
    if ((!expected.issuer.empty() || query.hasQueryItem(QStringLiteral("iss"))) &&
        valueOf(query, "iss") != expected.issuer && !expected.issuer.empty()) {
        return fail(ErrorCode::kUnauthenticated, says::said(says::kOtherProvider));
    }
    if (const std::string error = valueOf(query, "error"); !error.empty()) {
        const std::string description = valueOf(query, "error_description").substr(0, 300);
        return fail(ErrorCode::kUnauthenticated,
                    says::said(says::kProviderSays, {description.empty() ? error : description}));
    }
    std::string code = valueOf(query, "code");
    if (code.empty()) {
        return fail(ErrorCode::kUnauthenticated, says::said(says::kNoCode));
    }
    return code;
}

Result<std::unique_ptr<RedirectReceiver>> RedirectReceiver::listen(Expected expected, Done<std::string> done) {
    std::unique_ptr<RedirectReceiver> made(new RedirectReceiver(std::move(expected), std::move(done)));
    if (!made->server_.listen(QHostAddress::LocalHost, 0)) {
        return fail(ErrorCode::kUnavailable,
                    "cannot listen for the browser's answer: " + made->server_.errorString().toStdString());
    }
    made->address_ = "http://127.0.0.1:" + std::to_string(made->server_.serverPort()) + "/cb";
    QObject::connect(&made->server_, &QTcpServer::newConnection, &made->server_, [receiver = made.get()] {
        while (QTcpSocket* socket = receiver->server_.nextPendingConnection()) {
            QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            QObject::connect(socket, &QTcpSocket::readyRead, &receiver->server_,
                             [receiver, socket] { receiver->serve(*socket); });
            QTimer::singleShot(kRequestTimeMs, socket, [socket] { socket->abort(); });
        }
    });
    return made;
}

void RedirectReceiver::serve(QTcpSocket& socket) {
    const QByteArray request = socket.peek(kMostRequestBytes);
    const qsizetype end = request.indexOf("\r\n\r\n");
    if (end < 0) {
        if (request.size() >= kMostRequestBytes) {
            socket.abort();
        }
        return;
    }
    socket.readAll();
    const QList<QByteArray> lines = request.left(end).split('\n');
    const QList<QByteArray> first = lines.front().trimmed().split(' ');
    // Another host's name in it: a page of that host has been led here.
    const QByteArray host = "host: " + QByteArray::fromStdString(address_.substr(7, address_.size() - 10));
    bool is_ours = false;
    for (const QByteArray& line : lines) {
        is_ours = is_ours || line.trimmed().toLower() == host;
    }
    const Result<std::string> code = first.size() == 3 && first[0] == "GET" && is_ours && done_
                                         ? codeOf(first[1].toStdString(), expected_)
                                         : fail(ErrorCode::kNotFound, "there is nothing here");
    const bool is_answer = code || code.error().code != ErrorCode::kNotFound;
    socket.write(!is_answer ? page("404 Not Found", "Nothing is here", "")
                 : code     ? page("200 OK", "You are signed in", "You can close this page.")
                            : page("200 OK", "You are not signed in", "Tessera says why. You can close this page."));
    socket.disconnectFromHost();
    if (is_answer) {
        server_.close();
        // Whoever hears of it may let go of the receiver: not within its own signal.
        QTimer::singleShot(0, &server_, [done = std::exchange(done_, nullptr), code] { done(code); });
    }
}

}  // namespace tessera::agent
