// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/endpoint_forms.h"

#include "app/workbench/documents/card_list.h"
#include "app/workbench/documents/draft_form.h"
#include "nodeservice/endpoints/definition/value.h"

#include <QCoreApplication>
#include <string>
#include <utility>
#include <vector>

namespace tessera::workbench {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(EndpointForms)
};

using Choices = std::vector<std::pair<std::string, QString>>;

Choices yesNo() {
    return {{"false", Texts::tr("no")}, {"true", Texts::tr("yes")}};
}

/// Types are PostgreSQL's words in every language. The first is what stands when none is written.
Choices types() {
    Choices choices;
    for (const char* name : endpoints::kParameterTypeNames) {
        choices.emplace_back(name, QLatin1String(name));
    }
    return choices;
}

void addBounds(DraftForm& form) {
    form.addList("enum", Texts::tr("Only these values"), Texts::tr("With commas between; any when empty"));
    form.addText("min", Texts::tr("At least"));
    form.addText("max", Texts::tr("At most"));
    form.addText("max_length", Texts::tr("Longest text"), Texts::tr("In characters"));
}

}  // namespace

QWidget* makeEndpointForm(app::DocumentDraft& draft) {
    auto* form = new DraftForm(draft);
    form->addText("endpoint", Texts::tr("Name"), Texts::tr("Lower-case letters, digits, - and _"),
                  DraftForm::WhenEmpty::kKeep);
    form->addLines("documentation", Texts::tr("What it is for"), Texts::tr("For people"));
    form->addList("tags", Texts::tr("Tags"), Texts::tr("With commas between"));
    form->addList("roles", Texts::tr("May be called by"), Texts::tr("Roles with commas between; everybody when empty"));
    form->addList("nodes", Texts::tr("On the nodes"), Texts::tr("Names with commas between; all when empty"));
    form->addChoice("writes", Texts::tr("Changes rows"), yesNo());
    form->addList("page/key", Texts::tr("Pages by"),
                  Texts::tr("Columns that tell rows apart, in the order of the rows, like day desc, id"));
    form->addText("page/size", Texts::tr("Rows of a page"), QStringLiteral("100"));
    form->onlyWith("page");
    form->addText("page/max", Texts::tr("Most rows of a page"), QStringLiteral("1000"));
    form->onlyWith("page");
    form->addList("sort", Texts::tr("Callers may sort by"), Texts::tr("Columns with commas between"));
    form->onlyWith("page");
    form->addText("cache/seconds", Texts::tr("Answers are kept for"), Texts::tr("Seconds; never when empty"));
    form->addText("rate/requests", Texts::tr("Most calls of a person"), Texts::tr("In 60 s; any number when empty"));
    form->addText("rate/seconds", Texts::tr("In seconds"), QStringLiteral("60"));
    form->onlyWith("rate");
    form->addText("timeout_ms", Texts::tr("Time-out in ms"), QStringLiteral("30000"));
    form->addList("not_null", Texts::tr("Columns never NULL"), Texts::tr("Of which PostgreSQL does not know it"));
    form->addList("numbers", Texts::tr("Columns as JSON numbers"), Texts::tr("bigint and numeric, else texts"));
    return inScrollArea(form);
}

QWidget* makeParameterCards(app::DocumentDraft& draft) {
    return new CardList(
        draft, "parameters",
        {Texts::tr("No parameters. The statement holds them as :name, and callers give their values."),
         Texts::tr("Add parameter"), Texts::tr("Remove this parameter")},
        [](DraftForm& form) {
            form.addText("name", Texts::tr("Name"), Texts::tr("Lower-case letters, digits and _"),
                         DraftForm::WhenEmpty::kKeep);
            form.addChoice("type", Texts::tr("Type"), types());
            form.addText("documentation", Texts::tr("What it is"));
            form.addChoice("required", Texts::tr("Must be given"), yesNo());
            form.addChoice("list", Texts::tr("Several values"), yesNo());
            form.addText("default", Texts::tr("Default"), Texts::tr("NULL when empty"));
            addBounds(form);
            form.addText("example", Texts::tr("Example"));
        },
        [](app::YamlDocument& document, const std::string& path) { document.put(path + "/name", "name"); });
}

QWidget* makeModelForm(app::DocumentDraft& draft) {
    auto* form = new DraftForm(draft);
    form->addText("model", Texts::tr("Name"), Texts::tr("Lower-case letters, digits, - and _"),
                  DraftForm::WhenEmpty::kKeep);
    form->addText("version", Texts::tr("Newest version"),
                  Texts::tr("A greater one where callers of this one would fail; the one before goes under 'older'"),
                  DraftForm::WhenEmpty::kKeep);
    form->addLines("documentation", Texts::tr("What it describes"), Texts::tr("For people"));
    form->addText("table", Texts::tr("Table or view"), QStringLiteral("sales.customers"), DraftForm::WhenEmpty::kKeep);
    form->addList("key", Texts::tr("Key"), Texts::tr("Fields that tell rows apart, with commas between"));
    form->addList("writes", Texts::tr("Also"), QStringLiteral("insert, update, delete"));
    form->addList("roles", Texts::tr("May be called by"), Texts::tr("Roles with commas between; everybody when empty"));
    form->addList("nodes", Texts::tr("On the nodes"), Texts::tr("Names with commas between; all when empty"));
    form->addList("tags", Texts::tr("Tags"), Texts::tr("With commas between"));
    form->addList("retired", Texts::tr("Versions no longer served"), Texts::tr("Numbers with commas between"));
    return inScrollArea(form);
}

QWidget* makeFieldCards(app::DocumentDraft& draft) {
    return new CardList(
        draft, "fields",
        {Texts::tr("No fields yet. Each is a column of the table, or computed from some."), Texts::tr("Add field"),
         Texts::tr("Remove this field")},
        [](DraftForm& form) {
            form.addText("name", Texts::tr("Name"), Texts::tr("Lower-case letters, digits and _"),
                         DraftForm::WhenEmpty::kKeep);
            // Every type is written: of a field it must be said.
            Choices choices = types();
            choices.insert(choices.begin(), {"", Texts::tr("choose")});
            form.addChoice("type", Texts::tr("Type"), choices);
            form.addText("column", Texts::tr("Column"), Texts::tr("Of the same name when empty"));
            form.addText("sql", Texts::tr("Or computed as"), QStringLiteral("left(name, 1)"));
            form.addText("documentation", Texts::tr("What it is"));
            form.addChoice("not_null", Texts::tr("Never NULL"), yesNo());
            form.addChoice("required", Texts::tr("Must be given to insert"), yesNo());
            form.addChoice("read_only", Texts::tr("Never written"), yesNo());
            addBounds(form);
        },
        [](app::YamlDocument& document, const std::string& path) {
            document.put(path + "/name", "name");
            document.put(path + "/type", "text");
        });
}

QWidget* makeRelationshipCards(app::DocumentDraft& draft) {
    return new CardList(
        draft, "relationships",
        {Texts::tr("No relationships. By one, callers get rows of another model with these: include=orders."),
         Texts::tr("Add relationship"), Texts::tr("Remove this relationship")},
        [](DraftForm& form) {
            form.addText("name", Texts::tr("Name"), QStringLiteral("orders"), DraftForm::WhenEmpty::kKeep);
            form.addText("model", Texts::tr("Leads to"), QStringLiteral("order@v1"), DraftForm::WhenEmpty::kKeep);
            form.addText("column", Texts::tr("Column here"), QStringLiteral("id"), DraftForm::WhenEmpty::kKeep);
            form.addText("other_column", Texts::tr("Its column there"), QStringLiteral("customer_id"),
                         DraftForm::WhenEmpty::kKeep);
            form.addChoice("single", Texts::tr("One row, no list"), yesNo());
        },
        [](app::YamlDocument& document, const std::string& path) {
            document.put(path + "/name", "others");
            document.put(path + "/model", "");
            document.put(path + "/column", "id");
            document.put(path + "/other_column", "id");
        });
}

}  // namespace tessera::workbench
