#pragma once

/// The one key of the agent in the person's keychain (Secret Service, KWallet; macOS's and Windows' own by the same
/// library). Main thread, with Qt's event loop.

#include "common/result.h"
#include "common/secret.h"

#include <functional>
#include <string>

class QObject;

namespace tessera::agent {

/// Fetches the key of SealedStore::kKeyBytes named `name`, or makes one and sees that it can be read again. `done` is
/// called with it, or with kUnavailable and the keychain's reason when there is no keychain or it is locked. Before
/// that it is called with kDeadlineExceeded when the keychain has not answered for some seconds.
void openKeychain(QObject& owner, const std::string& name, std::function<void(Result<Secret>)> done);

}  // namespace tessera::agent
