#pragma once

/// An Excel workbook, written with libxlsxwriter in constant memory. Rows beyond a sheet's go on in another. Numbers
/// are cells of numbers where Excel keeps all of their digits, else text: no value is changed. A text longer than a
/// cell may hold is an error that names it. The file is there after end(), and not before.

#include "app/core/output/cell_kind.h"
#include "app/core/output/row_writer.h"

#include <filesystem>
#include <memory>

namespace tessera::app {

class XlsxWriter final : public RowWriter {
  public:
    explicit XlsxWriter(std::filesystem::path path);
    ~XlsxWriter() override;
    XlsxWriter(const XlsxWriter&) = delete;
    XlsxWriter& operator=(const XlsxWriter&) = delete;

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    struct Book;

    Result<> addSheet();
    Result<> writeCell(const client::ResultBatch& batch, std::size_t row, std::size_t column);

    const std::filesystem::path path_;
    std::vector<client::ResultColumn> columns_;
    std::unique_ptr<Book> book_;
};

}  // namespace tessera::app
