#include "app/core/documents/document_draft.h"

#include <QStringList>
#include <algorithm>
#include <charconv>
#include <utility>

namespace tessera::app {

namespace {

constexpr std::size_t kHistoryMax = 500;

bool isBeneath(std::string_view path, std::string_view root) {
    return root.empty() || path == root ||
           (path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/');
}

struct Placed {
    std::string message;
    int line = 0;
    int column = 0;
};

/// "job.yaml:3:5: …", taken apart; the column may be missing.
Placed placedIn(const std::string& origin, const std::string& message) {
    Placed placed{message};
    if (!message.starts_with(origin + ":")) {
        return placed;
    }
    const char* end = message.data() + message.size();
    const char* at = message.data() + origin.size() + 1;
    const auto read = [&](int& number) {
        const auto [behind, error] = std::from_chars(at, end, number);
        const bool is_read = error == std::errc() && behind != end && *behind == ':';
        at = is_read ? behind + 1 : at;
        return is_read;
    };
    if (read(placed.line)) {
        read(placed.column);
    }
    at += at != end && *at == ' ' ? 1 : 0;
    placed.message.assign(at, end);
    return placed;
}

}  // namespace

std::string DocumentDraft::withYaml(const std::string& text, const std::string& yaml) const {
    static_cast<void>(text);
    return yaml;
}

void DocumentDraft::reset(std::string text) {
    saved_text_ = text;
    history_ = {{text, {}}};
    place_ = 0;
    show(text);
}

void DocumentDraft::show(const std::string& text) {
    text_ = text;
    auto document = YamlDocument::parse(yamlOf(text));
    is_readable_ = document.has_value();
    if (document) {
        document_ = std::move(*document);
    }
    setErrors({});
    Q_EMIT changed();
}

void DocumentDraft::setErrors(const std::vector<Error>& others) {
    problems_.clear();
    for (const Error& error : findErrors()) {
        problems_.push_back(toProblem(error));
    }
    for (const Error& error : others) {
        problems_.push_back(toProblem(error));
    }
}

DocumentDraft::Problem DocumentDraft::toProblem(const Error& error) const {
    const Placed placed = placedIn(origin_, error.message);
    Problem problem;
    problem.line = placed.line;
    problem.column = placed.column;
    if (problem.line > 0 && is_readable_) {
        problem.path = YamlDocument::pathAt(yamlOf(text_), problem.line, problem.column);
    }
    problem.text = QString::fromStdString(placed.message);
    if (!error.hint.empty()) {
        problem.text += QStringLiteral(": ") + QString::fromStdString(error.hint);
    }
    return problem;
}

QString DocumentDraft::problemOf(std::string_view path) const {
    QStringList texts;
    for (const Problem& problem : problems_) {
        if (problem.path == path) {
            texts += problem.text;
        }
    }
    return texts.join(QLatin1Char('\n'));
}

int DocumentDraft::problemsBeneath(std::string_view path) const {
    return static_cast<int>(std::count_if(problems_.begin(), problems_.end(),
                                          [&](const Problem& problem) { return isBeneath(problem.path, path); }));
}

void DocumentDraft::push(const std::string& what, const std::string& text) {
    if (text == text_) {
        return;
    }
    history_.resize(place_ + 1);
    if (place_ > 0 && !what.empty() && history_.back().what == what) {
        history_.back().text = text;
    } else {
        history_.push_back({text, what});
        if (history_.size() > kHistoryMax) {
            history_.erase(history_.begin());
        }
        place_ = history_.size() - 1;
    }
    show(text);
}

void DocumentDraft::change(const std::string& what, const std::function<void(YamlDocument&)>& change) {
    if (!is_readable_) {
        return;
    }
    YamlDocument changed = document_;
    change(changed);
    push(what, withYaml(text_, changed.text()));
}

void DocumentDraft::undo() {
    if (canUndo()) {
        show(history_[--place_].text);
    }
}

void DocumentDraft::redo() {
    if (canRedo()) {
        show(history_[++place_].text);
    }
}

}  // namespace tessera::app
