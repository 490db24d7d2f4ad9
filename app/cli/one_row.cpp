#include "app/cli/one_row.h"

#include "app/core/output/statement_stream.h"

namespace tessera::cli {

Result<std::vector<std::optional<std::string>>> firstRow(client::NodeClient& node, const std::string& sql) {
    constexpr std::uint32_t kPatienceMs = 10000;
    const auto stream = std::make_shared<app::StatementStream>();
    const std::unique_ptr<client::RunningQuery> running =
        node.execute({.sql = sql, .parameters = {}, .batch_bytes = 0, .timeout_ms = kPatienceMs}, stream);
    std::vector<std::optional<std::string>> row;
    while (true) {
        app::StatementStream::Event event = stream->next();
        if (const auto* batch = std::get_if<app::StatementStream::Batch>(&event)) {
            const std::size_t columns = row.empty() && (*batch)->rowCount() > 0 ? (*batch)->columnCount() : 0;
            for (std::size_t column = 0; column < columns; ++column) {
                row.push_back((*batch)->isNull(0, column) ? std::nullopt : std::optional((*batch)->text(0, column)));
            }
            running->release();
        } else if (const auto* end = std::get_if<app::StatementStream::End>(&event)) {
            if (!*end) {
                return end->error();
            }
            return row;
        }
    }
}

}  // namespace tessera::cli
