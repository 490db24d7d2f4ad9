#pragma once

/// The store's SQL as the data of a simulated node: a file that survives the node.

#include "nodeservice/store/sql/data.h"
#include "tests/fault/machine.h"

namespace tessera::fault {

class SqlMachine : public Machine {
  public:
    /// `file`: without its suffix; copies stand beside it.
    explicit SqlMachine(std::filesystem::path file);

    Result<std::string> apply(const Entry& entry) override;
    std::string read(const std::string& question) override;

    Index applied() const override { return data_->applied(); }

    std::uint64_t hash() const override { return data_->hash(); }

    Result<std::string> save() override;
    Result<> restore(Index index, const std::string& bytes) override;

  private:
    std::filesystem::path copy() const { return file_.string() + ".copy"; }

    std::filesystem::path file_;
    std::unique_ptr<store::Data> data_;
};

}  // namespace tessera::fault
