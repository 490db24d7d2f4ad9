#include "app/cli/login_steps.h"

#include "common/process.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace tessera::cli {

namespace {

bool hasDisplay() {
    return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
}

/// The page holds what only this sign-in may know: the browser gets it, and the terminal where there is none.
bool openBrowser(const std::string& url) {
    constexpr std::chrono::seconds kPatience{10};
    return hasDisplay() && runChecked({.arguments = {"xdg-open", url}}, kPatience).has_value();
}

}  // namespace

void showLoginStep(const client::LoginStep& step, bool no_browser) {
    if (!step.code.empty()) {
        std::fprintf(stderr,
                     "Open %s on any device and enter the code %s\n"
                     "Enter it only if you have begun this sign-in yourself. Waiting …\n",
                     step.url.c_str(), step.code.c_str());
    } else if (no_browser || !openBrowser(step.url)) {
        std::fprintf(stderr, "Open this page in a browser on this machine:\n\n  %s\n\n", step.url.c_str());
    } else {
        std::fprintf(stderr, "Your browser shows the sign-in. Waiting …\n");
    }
}

}  // namespace tessera::cli
