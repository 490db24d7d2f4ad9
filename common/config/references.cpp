#include "common/config/references.h"

#include "common/process.h"
#include "common/strings.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace tessera::config {

namespace {

constexpr std::chrono::seconds kCommandPatience{10};

std::string withoutLastLineBreak(std::string text) {
    if (!text.empty() && text.back() == '\n') {
        text.pop_back();
        if (!text.empty() && text.back() == '\r') {
            text.pop_back();
        }
    }
    return text;
}

Result<std::string> readSecretFile(const std::filesystem::path& path, const std::string& reference) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad()) {
        return fail(ErrorCode::kInvalidArgument,
                    "cannot read '" + path.string() + "' of " + reference + ": " +
                        (errno == 0 ? std::string("not a readable file") : std::string(std::strerror(errno))),
                    "the file must exist and be readable by the user the program runs as");
    }
    return withoutLastLineBreak(std::move(text));
}

/// Its words are separated by spaces. What it says of a failure stays with it: it may hold a secret.
Result<std::string> runCommand(const std::string& line, const std::string& reference) {
    ProcessOptions options{.own_process_group = true};
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        options.arguments.push_back(word);
    }
    if (options.arguments.empty()) {
        return fail(ErrorCode::kInvalidArgument, reference + " names no program");
    }
    auto ended = run(std::move(options), kCommandPatience);
    if (!ended) {
        return fail(ErrorCode::kInvalidArgument, "cannot run " + reference + ": " + ended.error().message);
    }
    if (!ended->status.ok()) {
        return fail(ErrorCode::kInvalidArgument, "the program of " + reference + " " + ended->status.describe());
    }
    return withoutLastLineBreak(std::move(ended->output));
}

Result<std::string> askVault(const std::string& name, const ReferenceContext& context, const std::string& reference) {
    if (!context.references.vault) {
        return fail(ErrorCode::kInvalidArgument, reference + " is not possible in this file",
                    "use ${env:…} or ${file:…}");
    }
    auto value = context.references.vault(name);
    return value ? std::move(value)
                 : fail(ErrorCode::kInvalidArgument, reference + ": " + value.error().message, value.error().hint);
}

Result<std::string> resolve(const std::string& kind, const std::string& name, const ReferenceContext& context) {
    const std::string reference = "${" + kind + ":" + name + "}";
    if (kind == "env") {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) {
            return fail(ErrorCode::kInvalidArgument, "the environment has no variable '" + name + "' for " + reference,
                        "set it before the program starts");
        }
        return std::string(value);
    }
    if (kind == "file") {
        return readSecretFile(context.folder / name, reference);
    }
    if (kind == "arg") {
        const auto found = context.references.arguments.find(name);
        if (found == context.references.arguments.end()) {
            return fail(ErrorCode::kInvalidArgument, "no argument '" + name + "' was given for " + reference,
                        "add --arg " + name + "=VALUE to the command line");
        }
        return found->second;
    }
    if (kind == "command") {
        return runCommand(name, reference);
    }
    if (kind == "vault") {
        return askVault(name, context, reference);
    }
    return fail(ErrorCode::kInvalidArgument, "'" + reference + "' is of no known kind",
                suggestion(kind, {"env", "file", "arg", "command", "vault"}));
}

}  // namespace

bool holdsReference(std::string_view text) {
    return text.find("${") != std::string_view::npos;
}

Result<std::string> expandReferences(std::string_view text, const ReferenceContext& context) {
    if (!context.references.are_expanded) {
        return std::string(text);
    }
    std::string expanded;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t start = text.find("${", at);
        if (start == std::string_view::npos) {
            break;
        }
        if (start > at && text[start - 1] == '$') {
            expanded.append(text.substr(at, start - 1 - at)).append("${");
            at = start + 2;
            continue;
        }
        expanded.append(text.substr(at, start - at));
        const std::size_t end = text.find('}', start);
        const std::size_t colon = text.find(':', start);
        if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) {
            return fail(
                ErrorCode::kInvalidArgument, "'${' begins no reference",
                "write ${env:NAME}, ${file:PATH}, ${arg:NAME}, ${command:PROGRAM} or ${vault:PATH#FIELD}; $${ for a "
                "literal ${");
        }
        expanded += TSR_TRY(resolve(std::string(text.substr(start + 2, colon - start - 2)),
                                    std::string(text.substr(colon + 1, end - colon - 1)), context));
        at = end + 1;
    }
    expanded.append(text.substr(at));
    return expanded;
}

}  // namespace tessera::config
