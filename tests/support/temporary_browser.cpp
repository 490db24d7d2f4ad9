#include "tests/support/temporary_browser.h"

#include "common/base64.h"
#include "common/net.h"
#include "tests/support/wait_until.h"

#include <chrono>
#include <filesystem>
#include <utility>

namespace tessera {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kBrowser = "/usr/bin/chromium";
constexpr const char* kDriver = "/usr/bin/chromedriver";

}  // namespace

bool TemporaryBrowser::isInstalled() {
    return std::filesystem::exists(kBrowser) && std::filesystem::exists(kDriver);
}

Result<TemporaryBrowser> TemporaryBrowser::start() {
    TemporaryBrowser browser;
    browser.port_ = TSR_TRY(freeLoopbackPort());
    const auto folder = browser.folder_.path();
    browser.driver_ = TSR_TRY(Process::start({.arguments = {kDriver, "--port=" + std::to_string(browser.port_)},
                                              .environment = {{"HOME", folder.string()}},
                                              .standard_output = ProcessOutput::toFile(folder / "driver.log"),
                                              .standard_error = ProcessOutput::toFile(folder / "driver.log"),
                                              .signal_on_parent_death = SIGTERM,
                                              .own_process_group = true}));
    // It does nothing on the network but what it is asked for, and can be started as root.
    const json arguments = {"--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-sync",
                            "--disable-extensions",
                            "--disable-component-update",
                            "--no-proxy-server",
                            "--user-data-dir=" + (folder / "profile").string()};
    const json wanted = {{"browserName", "chrome"},
                         {"goog:chromeOptions", {{"binary", kBrowser}, {"args", arguments}}}};
    Result<json> opened = fail(ErrorCode::kUnavailable, "not asked yet");
    waitUntil(
        [&] {
            opened = browser.ask("/session", json{{"capabilities", {{"alwaysMatch", wanted}}}});
            return opened.has_value();
        },
        kPatience);
    if (!opened) {
        return std::move(opened).error().withContext(readFile(folder / "driver.log"));
    }
    browser.session_ = "/session/" + opened->at("sessionId").get<std::string>();
    return browser;
}

TemporaryBrowser::~TemporaryBrowser() {
    if (driver_ && !session_.empty()) {
        (void)run({.arguments = {"curl", "--silent", "--request", "DELETE",
                                 "http://127.0.0.1:" + std::to_string(port_) + session_}},
                  kPatience);
    }
}

Result<json> TemporaryBrowser::ask(const std::string& path, const std::optional<json>& body) const {
    std::vector<std::string> arguments = {"curl",       "--silent", "--show-error",
                                          "--max-time", "60",       "http://127.0.0.1:" + std::to_string(port_) + path};
    if (body) {
        arguments.insert(arguments.end(), {"--header", "Content-Type: application/json", "--data", body->dump()});
    }
    const std::string answer = TSR_TRY(runChecked({.arguments = std::move(arguments)}, kPatience));
    const json read = json::parse(answer, nullptr, false);
    if (!read.is_object() || !read.contains("value") ||
        (read["value"].is_object() && read["value"].contains("error"))) {
        return fail(ErrorCode::kUnavailable, "WebDriver, " + path + ": " + answer);
    }
    return read["value"];
}

Result<> TemporaryBrowser::open(const std::string& url) {
    TSR_TRY(ask(session_ + "/url", json{{"url", url}}));
    return {};
}

Result<std::string> TemporaryBrowser::find(const std::string& selector) const {
    Result<json> found = fail(ErrorCode::kNotFound, selector);
    waitUntil(
        [&] {
            found = ask(session_ + "/element", json{{"using", "css selector"}, {"value", selector}});
            return found.has_value();
        },
        kPatience);
    if (!found) {
        return found.error();
    }
    return session_ + "/element/" + found->begin().value().get<std::string>();
}

Result<> TemporaryBrowser::click(const std::string& selector) {
    const std::string element = TSR_TRY(find(selector));
    TSR_TRY(ask(element + "/click", json::object()));
    return {};
}

Result<> TemporaryBrowser::type(const std::string& selector, const std::string& text) {
    const std::string element = TSR_TRY(find(selector));
    TSR_TRY(ask(element + "/value", json{{"text", text}}));
    return {};
}

Result<std::string> TemporaryBrowser::screenshot() const {
    const json taken = TSR_TRY(ask(session_ + "/screenshot", std::nullopt));
    const auto bytes = taken.is_string() ? decodeBase64(taken.get<std::string>()) : std::nullopt;
    return bytes ? Result<std::string>(*bytes) : fail(ErrorCode::kInternal, "WebDriver gave no picture");
}

Result<std::string> TemporaryBrowser::waitForText(const std::string& text) {
    std::string seen;
    const bool came = waitUntil(
        [&] {
            const auto body = ask(session_ + "/execute/sync",
                                  json{{"script", "return document.body.innerText"}, {"args", json::array()}});
            seen = body && body->is_string() ? body->get<std::string>() : std::string();
            return seen.find(text) != std::string::npos;
        },
        kPatience);
    return came ? Result<std::string>(seen) : fail(ErrorCode::kDeadlineExceeded, "the page says: " + seen);
}

}  // namespace tessera
