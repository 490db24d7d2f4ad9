#include "app/cli/listing.h"

#include "app/core/output/output.h"
#include "app/core/sql/error_report.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace tessera::cli {

ExitCode reportError(const Error& error, ExitCode code) {
    std::fprintf(stderr, "%s\n", app::describeError(error, {}).c_str());
    return code;
}

ExitCode print(const Listing& listing, app::OutputFormat format) {
    const auto output = app::standardOutput();
    const auto writer = app::createRowWriter(format, *output, {.null_text = "", .cell_columns_max = 0});
    const auto write = [&]() -> Result<> {
        TSR_TRY(writer->begin(app::textColumns(listing.titles)));
        TSR_TRY(writer->batch(app::textBatch(listing.titles.size(), listing.rows)));
        TSR_TRY(writer->end());
        return {};
    };
    if (const Result<> written = write(); !written) {
        return app::isBrokenPipe(written.error()) ? kBrokenPipe : reportError(written.error(), kFailure);
    }
    return kSuccess;
}

std::optional<std::string> orNull(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<std::string> timeText(std::int64_t ms) {
    if (ms == 0) {
        return std::nullopt;
    }
    const std::time_t seconds = ms / 1000;
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
    return text.data();
}

}  // namespace tessera::cli
