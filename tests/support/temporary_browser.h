#pragma once

/// Debian's Chromium without a display, driven through its WebDriver; a profile of its own.

#include "common/process.h"
#include "common/result.h"
#include "tests/support/temporary_directory.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tessera {

class TemporaryBrowser {
  public:
    /// Are the packages chromium and chromium-driver there?
    static bool isInstalled();

    static Result<TemporaryBrowser> start();

    TemporaryBrowser(TemporaryBrowser&&) = default;
    ~TemporaryBrowser();

    Result<> open(const std::string& url);
    /// The first element that a CSS selector finds; waits for it.
    Result<> click(const std::string& selector);
    /// Types into the same.
    Result<> type(const std::string& selector, const std::string& text);
    /// Waits until the page's text holds this, and returns the text.
    Result<std::string> waitForText(const std::string& text);

    /// Of the page, as PNG.
    Result<std::string> screenshot() const;

  private:
    TemporaryBrowser() = default;

    /// The element's path; waits for it.
    Result<std::string> find(const std::string& selector) const;

    /// What WebDriver answers as "value"; without a body it is asked by GET.
    Result<nlohmann::json> ask(const std::string& path, const std::optional<nlohmann::json>& body) const;

    TemporaryDirectory folder_;
    std::uint16_t port_ = 0;
    std::optional<Process> driver_;
    std::string session_;
};

}  // namespace tessera
