#include "app/core/sql/snippet.h"

#include <algorithm>
#include <limits>
#include <map>

namespace tessera::app {

namespace {

class SnippetReader {
  public:
    SnippetReader(std::string_view body, std::string_view indent, std::string_view line_end)
        : body_(body), indent_(indent), line_end_(line_end) {}

    SnippetText read() {
        while (at_ < body_.size()) {
            if (!readField()) {
                readCharacter();
            }
        }
        finish();
        return std::move(result_);
    }

  private:
    /// One character of the text, with its backslash read away.
    void readCharacter() {
        const bool is_escaped = body_[at_] == '\\' && at_ + 1 < body_.size() &&
                                std::string_view("$}\\").find(body_[at_ + 1]) != std::string_view::npos;
        at_ += is_escaped ? 1 : 0;
        const char c = body_[at_++];
        if (c == '\n' && !is_escaped) {
            result_.text += line_end_;
            result_.text += indent_;
        } else if (c != '\r') {
            result_.text += c;
        }
    }

    /// False where no place begins: nothing is read then.
    bool readField() {
        if (!body_.substr(at_).starts_with("${")) {
            return false;
        }
        std::size_t digit = at_ + 2;
        int number = 0;
        constexpr int kLargest = 1000;
        for (; digit < body_.size() && body_[digit] >= '0' && body_[digit] <= '9' && number < kLargest; ++digit) {
            number = number * 10 + (body_[digit] - '0');
        }
        if (digit == at_ + 2 || digit >= body_.size() || (body_[digit] != ':' && body_[digit] != '}')) {
            return false;
        }
        SnippetField field{number, result_.text.size(), 0};
        const bool has_text = body_[digit] == ':';
        at_ = digit + 1;
        while (has_text && at_ < body_.size() && body_[at_] != '}') {
            readCharacter();
        }
        at_ += has_text && at_ < body_.size() ? 1 : 0;
        if (has_text) {
            first_.try_emplace(number, result_.text.substr(field.begin));
        } else if (const auto known = first_.find(number); known != first_.end()) {
            result_.text += known->second;
        }
        field.end = result_.text.size();
        result_.fields.push_back(field);
        return true;
    }

    void finish() {
        std::vector<SnippetField>& fields = result_.fields;
        if (std::none_of(fields.begin(), fields.end(), [](const SnippetField& field) { return field.number == 0; })) {
            fields.push_back({0, result_.text.size(), result_.text.size()});
        }
        const auto order = [](const SnippetField& field) {
            return field.number == 0 ? std::numeric_limits<int>::max() : field.number;
        };
        std::stable_sort(fields.begin(), fields.end(),
                         [&](const SnippetField& a, const SnippetField& b) { return order(a) < order(b); });
    }

    const std::string_view body_;
    const std::string_view indent_;
    const std::string_view line_end_;
    std::size_t at_ = 0;
    /// What stands in a place where it is written out.
    std::map<int, std::string> first_;
    SnippetText result_;
};

}  // namespace

SnippetText snippetText(std::string_view body, std::string_view indent, std::string_view line_end) {
    return SnippetReader(body, indent, line_end).read();
}

}  // namespace tessera::app
