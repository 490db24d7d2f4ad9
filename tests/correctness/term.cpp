#include "tests/correctness/term.h"

#include <cctype>

namespace tessera::correctness {

namespace {

std::string joined(const std::vector<Term>& args, const char* separator) {
    std::string text;
    for (const Term& arg : args) {
        text += (text.empty() ? "" : separator) + arg.text();
    }
    return text;
}

/// The terms below, nearest first, that can stand in the place of one of this type.
void collectSameType(const Term& term, const std::string& type, std::vector<Term>& found) {
    for (const Term& arg : term.args) {
        if (arg.type == type) {
            found.push_back(arg);
        } else if (!arg.isValue()) {
            collectSameType(arg, type, found);
        }
    }
}

/// Each way to make one term of the tree simpler, those that remove most first.
std::vector<Term> simpler(const Term& term) {
    std::vector<Term> made;
    if (!term.type.empty() && !term.args.empty()) {
        collectSameType(term, term.type, made);
        if (term.isValue()) {
            made.push_back({"NULL::" + term.type, term.type, {}});
        }
    }
    if (term.isList() && (term.args.size() > 1 || term.form.starts_with('?'))) {
        for (std::size_t i = 0; i < term.args.size(); ++i) {
            made.push_back(term);
            made.back().args.erase(made.back().args.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    for (std::size_t i = 0; i < term.args.size(); ++i) {
        for (Term& replacement : simpler(term.args[i])) {
            made.push_back(term);
            made.back().args[i] = std::move(replacement);
        }
    }
    return made;
}

}  // namespace

bool Term::isList() const {
    return form.find("{*}") != std::string::npos || form.find("{&}") != std::string::npos;
}

bool Term::isValue() const {
    return !type.empty() && type != kQueryTerm && type != kRelationTerm;
}

std::string Term::text() const {
    if (args.empty()) {
        return form.starts_with('?') ? "" : form;
    }
    std::string made;
    for (std::size_t i = form.starts_with('?') ? 1 : 0; i < form.size(); ++i) {
        const bool is_place = form[i] == '{' && i + 2 < form.size() && form[i + 2] == '}';
        if (!is_place) {
            made += form[i];
            continue;
        }
        const char place = form[i + 1];
        made += place == '*'   ? joined(args, ", ")
                : place == '&' ? joined(args, " AND ")
                               : args.at(static_cast<std::size_t>(place - '0')).text();
        i += 2;
    }
    return made;
}

void forEachTerm(const Term& term, const std::function<void(const Term&)>& visit) {
    visit(term);
    for (const Term& arg : term.args) {
        forEachTerm(arg, visit);
    }
}

Term minimise(Term root, const std::function<bool(const Term&)>& differs) {
    constexpr int kMostTries = 3000;
    int tries = 0;
    for (bool shrunk = true; shrunk && tries < kMostTries;) {
        shrunk = false;
        for (Term& candidate : simpler(root)) {
            if (++tries < kMostTries && candidate.text() != root.text() && differs(candidate)) {
                root = std::move(candidate);
                shrunk = true;
                break;
            }
        }
    }
    return root;
}

}  // namespace tessera::correctness
