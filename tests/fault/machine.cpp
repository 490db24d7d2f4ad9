#include "tests/fault/machine.h"

#include "nodeservice/store/storage/storage.h"

#include <sstream>

namespace tessera::fault {

Result<std::string> TextMachine::apply(const Entry& entry) {
    if (entry.index != applied_ + 1) {
        return fail(ErrorCode::kInternal,
                    "entry " + std::to_string(entry.index) + " is applied after entry " + std::to_string(applied_));
    }
    applied_ = entry.index;
    hash_ = store::checksumOf(entry.text(), hash_ ^ (entry.index * 0x9E3779B97F4A7C15ULL));
    if (entry.kind != store::raft::EntryKind::kCommand) {
        return std::string();
    }
    std::istringstream words{std::string(entry.text())};
    std::string what;
    std::string key;
    std::string first;
    std::string second;
    words >> what >> key >> first >> second;
    std::string& text = texts_.emplace(key, "-").first->second;
    if (what == "c") {
        if (text != first) {
            return "no";
        }
        text = second;
        return "ok";
    }
    if (what == "a") {
        text = text == "-" ? first : text + "," + first;
        return text;
    }
    text = first;
    return "ok";
}

std::string TextMachine::read(const std::string& question) {
    const auto found = texts_.find(question);
    return found == texts_.end() ? "-" : found->second;
}

Result<std::string> TextMachine::save() {
    std::string bytes = std::to_string(hash_) + "\n";
    for (const auto& [key, text] : texts_) {
        bytes += key + " " + text + "\n";
    }
    return bytes;
}

Result<> TextMachine::restore(Index index, const std::string& bytes) {
    std::istringstream lines(bytes);
    texts_.clear();
    lines >> hash_;
    std::string key;
    std::string text;
    while (lines >> key >> text) {
        texts_[key] = text;
    }
    applied_ = index;
    return {};
}

}  // namespace tessera::fault
