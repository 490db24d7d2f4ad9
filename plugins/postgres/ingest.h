#pragma once

/// Rows into a table by COPY … FROM STDIN, which stays open between calls, so that the source works while the host
/// makes the next rows. Refers to the connection, which outlives it.

#include "plugins/postgres/connection.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::postgres_connector {

class CopyIngest : public sdk::Ingest {
  public:
    static Result<std::unique_ptr<sdk::Ingest>> start(Connection& connection, const sdk::Target& target);
    ~CopyIngest() override;

    Result<> rows(std::span<const TsrParam> values) override;
    Result<std::int64_t> finish() override;

  private:
    CopyIngest(Connection& connection, std::vector<TsrType> types, bool binary)
        : connection_(connection), types_(std::move(types)), binary_(binary) {}

    Result<> begin(const std::string& sql);
    Result<> appendRow(std::span<const TsrParam> row);
    Result<> flush();
    /// An error that the source has sent meanwhile, as the failure of the whole.
    Error failure();

    Connection& connection_;
    std::vector<TsrType> types_;
    bool binary_;
    bool open_ = false;
    std::string out_;
};

}  // namespace tessera::postgres_connector
