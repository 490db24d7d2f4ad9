#pragma once

/// One statement as it is written down: a line of JSON in the journal, a row of the table. Pure; any thread.

#include "nodeservice/audit/record.h"
#include "nodeservice/identity/session_registry.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::audit {

/// What is kept of a statement's text.
enum class Text {
    kNone,
    /// Without the values written into it.
    kRedacted,
    /// As it was, but for commands that set passwords or options.
    kFull
};

/// Whom a session acts for, and through which nodes.
struct Person {
    std::optional<std::string> subject = {};
    std::optional<std::string> issuer = {};
    std::vector<std::string> actors = {};
};

/// `context`: as a session's identity holds it; nobody when it is empty.
Person personOf(std::string_view context);

/// Views of its record and person.
struct Entry {
    Record record;
    const Person& person;
    std::optional<identity::SessionOrigin> origin;
    std::optional<std::string> text;
    std::vector<std::string_view> sources;
    std::vector<std::string_view> nodes;
};

/// `peers`: those among a record's sources that are nodes.
Entry entryOf(Record record, const Person& person, std::optional<identity::SessionOrigin> origin,
              const std::set<std::string>& peers, Text allowed);

/// With its line break. Always valid JSON.
void appendLine(const Entry& entry, std::string& lines);

/// A row of tessera_audit.statement in the form of COPY … (FORMAT binary).
void appendRow(const Entry& entry, std::string& rows);

}  // namespace tessera::audit
