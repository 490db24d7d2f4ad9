#include "app/cli/listing.h"

#include "app/core/output/output.h"
#include "app/core/sql/error_report.h"

#include <cstdio>

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

}  // namespace tessera::cli
