#pragma once

#include "tests/support/mesh_nodes.h"

#include <libpq-fe.h>

#include <string>
#include <utility>

namespace tessera {

/// A person's session, with what it was warned of.
class MeshReader {
  public:
    explicit MeshReader(postgres::Connection connection) : connection_(std::move(connection)) {
        PQsetNoticeProcessor(
            connection_.handle(), [](void* to, const char* text) { *static_cast<std::string*>(to) += text; },
            &warnings_);
    }

    MeshReader(const MeshReader&) = delete;
    MeshReader& operator=(const MeshReader&) = delete;

    std::string ask(const std::string& sql) { return answerOf(connection_, sql); }

    /// Since the last time.
    std::string warnings() { return std::exchange(warnings_, {}); }

  private:
    postgres::Connection connection_;
    std::string warnings_;
};

}  // namespace tessera
