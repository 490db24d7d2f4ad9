// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/endpoint_text.h"

#include "app/workbench/documents/problem_list.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/editor/sql_editor.h"

#include <QVBoxLayout>
#include <algorithm>
#include <string_view>

namespace tessera::workbench {

EndpointText::EndpointText(app::EndpointDraft& draft, QWidget* parent)
    : QWidget(parent), draft_(draft), editor_(new SqlEditor), assistant_(new SqlAssistant(editor_)) {
    editor_->setObjectName(QStringLiteral("endpointText"));
    editor_->setAccessibleName(tr("The endpoint's file"));
    auto* problems = new ProblemList(draft_, "endpointProblems");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(editor_, 1);
    layout->addWidget(problems);
    connect(editor_, &SqlEditor::textChanged, this, [this] { draft_.setText(std::string(editor_->utf8())); });
    connect(problems, &ProblemList::chosen, this, &EndpointText::goTo);
    connect(&draft_, &app::DocumentDraft::changed, this, [this] {
        showText();
        showProblems();
    });
    showText();
    showProblems();
}

/// What a form or undo has changed: only that, so that the editor's own undo and its place stay.
void EndpointText::showText() {
    const std::string_view shown = editor_->utf8();
    const std::string_view wanted = draft_.text();
    if (shown == wanted) {
        return;
    }
    const auto isInside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    const std::size_t most = std::min(shown.size(), wanted.size());
    std::size_t begin = 0;
    while (begin < most && shown[begin] == wanted[begin]) {
        ++begin;
    }
    while (begin > 0 &&
           ((begin < shown.size() && isInside(shown[begin])) || (begin < wanted.size() && isInside(wanted[begin])))) {
        --begin;
    }
    std::size_t tail = 0;
    while (tail < most - begin && shown[shown.size() - 1 - tail] == wanted[wanted.size() - 1 - tail]) {
        ++tail;
    }
    while (tail > 0 && isInside(wanted[wanted.size() - tail])) {
        --tail;
    }
    const std::string changed(wanted.substr(begin, wanted.size() - tail - begin));
    editor_->replaceRange(begin, shown.size() - tail, changed);
}

std::size_t EndpointText::offsetOf(int line, int column) const {
    const std::string& text = draft_.text();
    std::size_t offset = 0;
    for (int at = 1; at < line && offset < text.size(); ++at) {
        offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
    }
    for (int at = 1; at < column && offset < text.size() && text[offset] != '\n'; ++at) {
        do {
            ++offset;
        } while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U);
    }
    return offset;
}

void EndpointText::showProblems() {
    const std::string& text = draft_.text();
    std::vector<app::ScriptProblem> problems;
    for (const app::DocumentDraft::Problem& problem : draft_.problems()) {
        if (problem.line <= 0) {
            continue;
        }
        std::size_t begin = offsetOf(problem.line, problem.column);
        std::size_t end = begin;
        if (problem.column > 0) {
            end = begin < text.size() ? app::wordEndAt(text, begin) : begin;
        } else {
            // The line, without what indents it.
            begin = std::min(text.find_first_not_of(" \t", begin), text.size());
            end = std::min(text.find('\n', begin), text.size());
        }
        if (begin >= end) {
            end = std::min(begin + 1, text.size());
            begin = end == 0 ? 0 : end - 1;
        }
        problems.push_back({begin, end, problem.text.toStdString(), false});
    }
    std::sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    editor_->showProblems(std::move(problems));
}

void EndpointText::goTo(int line, int column) {
    editor_->setCaret(line > 0 ? offsetOf(line, column) : 0);
    editor_->setFocus();
}

}  // namespace tessera::workbench
