#include "agent/localport/local_ports.h"

#include "agent/localport/local_socket.h"
#include "agent/signin/oidc_client.h"
#include "common/log.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <utility>

namespace tessera::agent {

namespace {

constexpr std::size_t kPasswordBytes = 24;
constexpr int kScramIterations = 4096;
constexpr std::size_t kSaltBytes = 16;
constexpr const char* kDatabase = "tessera";
/// Any role that the person has: see identity/token_authenticator.h.
constexpr const char* kUser = "token";

std::string passwordName(const client::LocalPort& port) {
    return "port-" + port.profile + "-" + port.node;
}

}  // namespace

LocalPorts::LocalPorts(Access& access, SealedStore& store, std::filesystem::path state_directory,
                       std::filesystem::path runtime_directory)
    : access_(access),
      store_(store),
      file_(std::move(state_directory) / "ports.json"),
      runtime_directory_(std::move(runtime_directory)) {}

LocalPorts::~LocalPorts() {
    ports_.clear();
    loop_.stop();
}

void LocalPorts::openSaved() {
    for (client::LocalPort& wanted : saved()) {
        const std::string name = nameOf(wanted.profile, wanted.node);
        Port port{std::move(wanted), nullptr};
        if (const Result<> opened = listen(port); !opened) {
            port.shown.error = opened.error().message;
            log::warn("port.unavailable", {{"port", port.shown.port}, {"reason", opened.error().message}});
        }
        ports_.insert_or_assign(name, std::move(port));
    }
}

Result<client::LocalPort> LocalPorts::open(client::LocalPort wanted) {
    const std::string name = nameOf(wanted.profile, wanted.node);
    const auto found = ports_.find(name);
    const bool is_same = found != ports_.end() && (wanted.port == 0 || wanted.port == found->second.shown.port) &&
                         (wanted.database.empty() || wanted.database == found->second.shown.database);
    if (is_same && found->second.listener) {
        return show(wanted.profile, wanted.node);
    }
    if (found != ports_.end()) {
        wanted.port = wanted.port == 0 ? found->second.shown.port : wanted.port;
        wanted.database = wanted.database.empty() ? found->second.shown.database : wanted.database;
        ports_.erase(found);
    }
    wanted.database = wanted.database.empty() ? kDatabase : wanted.database;
    Port port{std::move(wanted), nullptr};
    TSR_TRY(listen(port));
    const std::string profile = port.shown.profile;
    const std::string node = port.shown.node;
    ports_.insert_or_assign(name, std::move(port));
    TSR_TRY(save());
    return show(profile, node);
}

Result<> LocalPorts::listen(Port& port) {
    client::LocalPort& shown = port.shown;
    shown.user = kUser;
    shown.is_temporary = !store_.isPersistent();
    const Secret password = TSR_TRY(this->password(shown));
    FileDescriptor tcp = TSR_TRY(listenOnLoopback(shown.port));
    shown.port = portOf(tcp.get());
    const std::filesystem::path folder = runtime_directory_ / (shown.profile + "-" + shown.node);
    TSR_TRY(makeOwnFolder(folder));
    FileDescriptor local = TSR_TRY(listenPrivately(folder / (".s.PGSQL." + std::to_string(shown.port))));
    shown.socket_directory = folder.string();
    shown.error.clear();
    port.listener = PortListener::start(loop_, access_,
                                        {.profile = shown.profile,
                                         .node = shown.node,
                                         .database = shown.database,
                                         .socket = folder / (".s.PGSQL." + std::to_string(shown.port)),
                                         .verifier = identity::ScramVerifier::derive(
                                             password.reveal(), identity::randomBytes(kSaltBytes), kScramIterations)},
                                        std::move(tcp), std::move(local));
    log::info("port.open", {{"profile", shown.profile}, {"node", shown.node}, {"port", shown.port}});
    return {};
}

Result<Secret> LocalPorts::password(const client::LocalPort& port) {
    auto kept = TSR_TRY(store_.get(passwordName(port)));
    if (kept) {
        return std::move(*kept);
    }
    Secret fresh(randomText(kPasswordBytes));
    TSR_TRY(store_.put(passwordName(port), fresh));
    return fresh;
}

Result<> LocalPorts::close(const std::string& profile, const std::string& node) {
    const auto found = ports_.find(nameOf(profile, node));
    if (found == ports_.end()) {
        return fail(ErrorCode::kNotFound, "no port is open for node '" + node + "' of '" + profile + "'",
                    "see 'tessera port list'");
    }
    const std::string password_name = passwordName(found->second.shown);
    ports_.erase(found);
    TSR_TRY(store_.remove(password_name));
    return save();
}

std::vector<client::LocalPort> LocalPorts::list() const {
    std::vector<client::LocalPort> all;
    for (const auto& [name, port] : ports_) {
        all.push_back(port.shown);
    }
    return all;
}

Result<client::LocalPort> LocalPorts::show(const std::string& profile, const std::string& node) const {
    const auto found = ports_.find(nameOf(profile, node));
    if (found == ports_.end()) {
        return fail(ErrorCode::kNotFound, "no port is open for node '" + node + "' of '" + profile + "'",
                    "open it with 'tessera port open --node " + node + "'");
    }
    client::LocalPort shown = found->second.shown;
    const auto password = TSR_TRY(store_.get(passwordName(shown)));
    shown.password = password ? password->reveal() : std::string();
    return shown;
}

void LocalPorts::endSessions(const std::string& profile) {
    for (const auto& [name, port] : ports_) {
        if (port.shown.profile == profile && port.listener) {
            port.listener->endSessions(fail(ErrorCode::kUnauthenticated, "the sign-in to '" + profile + "' has ended",
                                            "run 'tessera login " + profile + "', and connect again"));
        }
    }
}

Result<> LocalPorts::save() const {
    QJsonArray all;
    for (const auto& [name, port] : ports_) {
        all.append(QJsonObject{{QStringLiteral("profile"), QString::fromStdString(port.shown.profile)},
                               {QStringLiteral("node"), QString::fromStdString(port.shown.node)},
                               {QStringLiteral("database"), QString::fromStdString(port.shown.database)},
                               {QStringLiteral("port"), port.shown.port}});
    }
    QSaveFile file(QString::fromStdString(file_.string()));
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(all).toJson()) < 0 || !file.commit()) {
        return fail(ErrorCode::kUnavailable,
                    "cannot write '" + file_.string() + "': " + file.errorString().toStdString());
    }
    return {};
}

std::vector<client::LocalPort> LocalPorts::saved() const {
    QFile file(QString::fromStdString(file_.string()));
    std::vector<client::LocalPort> all;
    if (!file.open(QIODevice::ReadOnly)) {
        return all;
    }
    for (const QJsonValue& value : QJsonDocument::fromJson(file.readAll()).array()) {
        const auto text = [&value](const char* name) { return value[QLatin1String(name)].toString().toStdString(); };
        client::LocalPort port;
        port.profile = text("profile");
        port.node = text("node");
        port.database = text("database");
        port.port = static_cast<std::uint16_t>(value[QLatin1String("port")].toInt());
        all.push_back(std::move(port));
    }
    return all;
}

}  // namespace tessera::agent
