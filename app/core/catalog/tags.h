#pragma once

/// Tags of tables, columns and functions. PostgreSQL has no place for them but the comment, so a tag is a `#word` in
/// it, as in mails and notes: at the comment's begin or behind a blank, a letter first, then letters, digits, `_`, `-`
/// and
/// `/`, in any case (docs/decisions/0029-tags-are-words-of-comments.md). No Qt.

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

/// Without the `#`, in lower case, each once, in their order.
std::vector<std::string> tagsOf(std::string_view comment);

/// Has the comment a tag that begins so? `prefix` is in lower case and has no `#`; an empty one means any tag.
bool hasTag(std::string_view comment, std::string_view prefix);

/// The comment without the lines at its end that are nothing but tags: what is left where tags are shown apart.
std::string withoutTagLines(std::string_view comment);

}  // namespace tessera::app
