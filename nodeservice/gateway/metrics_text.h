#pragma once

/// Writes metrics in Prometheus' text format, version 0.0.4. A value; one page's.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::gateway {

class MetricsText {
  public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    /// Starts a metric; its samples follow. `type` is "counter" or "gauge".
    void metric(std::string_view name, std::string_view type, std::string_view help);
    void sample(double value, const Labels& labels = {});

    const std::string& text() const { return text_; }

    static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  private:
    std::string name_;
    std::string text_;
};

}  // namespace tessera::gateway
