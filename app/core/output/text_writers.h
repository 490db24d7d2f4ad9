#pragma once

/// Results as text for other programs: tab-separated lines for spreadsheets, Markdown tables, SQL. Any number of rows
/// in constant memory.

#include "app/core/output/cell_kind.h"
#include "app/core/output/row_writer.h"

#include <string>
#include <vector>

namespace tessera::app {

/// As spreadsheets paste it: values with a tab, a line feed or a quote stand in quotes, NULL is empty. No line feed at
/// the end.
class TsvWriter final : public RowWriter {
  public:
    enum class Header { kNone, kNames };

    TsvWriter(Output& output, Header header) : output_(output), header_(header) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;

    Result<> end() override { return {}; }

  private:
    Output& output_;
    Header header_;
    bool has_lines_ = false;
};

/// A GitHub table; numbers stand right.
class MarkdownWriter final : public RowWriter {
  public:
    explicit MarkdownWriter(Output& output) : output_(output) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;

    Result<> end() override { return {}; }

  private:
    Output& output_;
};

/// INSERT statements of kRowsPerStatement rows each.
class InsertWriter final : public RowWriter {
  public:
    static constexpr std::size_t kRowsPerStatement = 500;

    /// `table` as SQL writes it: quoted where it must be.
    InsertWriter(Output& output, std::string table) : output_(output), table_(std::move(table)) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    Output& output_;
    std::string table_;
    std::string head_;
    std::vector<CellKind> kinds_;
    std::size_t rows_in_statement_ = 0;
};

/// ('a', 'b'): the values for an IN (…), row by row. NULLs are left out: IN never finds them.
class InListWriter final : public RowWriter {
  public:
    explicit InListWriter(Output& output) : output_(output) {}

    Result<> begin(const std::vector<client::ResultColumn>& columns) override;
    Result<> batch(const client::ResultBatch& batch) override;
    Result<> end() override;

  private:
    Output& output_;
    std::vector<CellKind> kinds_;
    bool has_values_ = false;
};

/// A name or a value as SQL writes it.
std::string quotedIdentifier(std::string_view name);
std::string quotedLiteral(std::string_view value);

}  // namespace tessera::app
