#pragma once

/// ${vault:PATH#FIELD} of a node's configuration: a secret of a HashiCorp Vault, by the HTTP API of its key-value
/// engine, version 2.

#include "common/result.h"

#include <string>

namespace tessera::node {

/// `name`: "MOUNT/data/PATH#FIELD", the path as the API has it. Where and as whom, the environment says, as it does to
/// Vault's own tools: VAULT_ADDR, VAULT_TOKEN or VAULT_TOKEN_FILE, VAULT_CACERT, VAULT_NAMESPACE. Blocks for some
/// seconds; errors never hold a secret. Any thread.
Result<std::string> readFromVault(const std::string& name);

}  // namespace tessera::node
