#pragma once

/// What the person has to do at the identity provider, on standard error and in the browser.

#include "nodeservice/client/agent_client.h"

namespace tessera::cli {

void showLoginStep(const client::LoginStep& step, bool no_browser);

}  // namespace tessera::cli
