#pragma once

/// Statements as they may be kept: without the values that were written into them. Pure; any thread.

#include <string>
#include <string_view>

namespace tessera::audit {

/// Each text, number and bit string becomes `?`, comments go, and white space becomes one blank. Of something that does
/// not end (a quote, a comment), nothing behind its beginning is kept.
std::string redacted(std::string_view sql);

}  // namespace tessera::audit
