// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/endpoints/endpoints_page.h"

#include "app/core/jobs/job_models.h"
#include "app/workbench/endpoints/code_view.h"
#include "app/workbench/endpoints/model_table.h"
#include "app/workbench/endpoints/model_try.h"
#include "app/workbench/endpoints/try_panel.h"
#include "app/workbench/jobs/toned_rows.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"
#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/model/read.h"

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QTreeView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

template <class Texts>
QString joined(const Texts& texts, const QString& none) {
    QStringList list;
    for (const std::string& text : texts) {
        list += qt(text);
    }
    return list.isEmpty() ? none : list.join(QStringLiteral(", "));
}

QPushButton* makeButton(const char* object_name, const QString& text) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(object_name));
    button->setProperty("secondary", true);
    return button;
}

QString textOf(const endpoints::Parameter& parameter) {
    QStringList parts{QLatin1String(nameOf(parameter.type)) + (parameter.is_list ? QStringLiteral("[]") : QString())};
    if (parameter.is_required) {
        parts += EndpointsPage::tr("must be given");
    }
    if (parameter.default_value) {
        parts += EndpointsPage::tr("else %1").arg(qt(*parameter.default_value));
    }
    if (!parameter.choices.empty()) {
        parts += EndpointsPage::tr("one of %1").arg(joined(parameter.choices, {}));
    }
    if (!parameter.documentation.empty()) {
        parts += qt(parameter.documentation);
    }
    return parts.join(QStringLiteral(" · "));
}

}  // namespace

EndpointsPage::EndpointsPage(std::shared_ptr<app::EndpointNodes> nodes, QString address, QWidget* parent)
    : QWidget(parent),
      nodes_(std::move(nodes)),
      address_(std::move(address)),
      stack_(new QStackedWidget),
      empty_(new EmptyState) {
    setObjectName(QStringLiteral("endpointsPage"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    empty_->setObjectName(QStringLiteral("endpointsState"));
    auto* parts = new QSplitter(Qt::Vertical);
    parts->setHandleWidth(1);
    parts->setChildrenCollapsible(false);
    parts->addWidget(buildList());
    parts->addWidget(buildDetails());
    constexpr int kListPart = 280;
    constexpr int kDetailsPart = 420;
    parts->setSizes({kListPart, kDetailsPart});
    stack_->addWidget(parts);
    stack_->addWidget(empty_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
    connectAll();
    watch_.setNodes(nodes_);
    showAll();
}

QWidget* EndpointsPage::buildList() {
    views_ = new QTabBar;
    views_->setObjectName(QStringLiteral("endpointViews"));
    views_->setDrawBase(false);
    views_->addTab(tr("Endpoints"));
    views_->addTab(tr("Models"));
    filter_ = new QLineEdit;
    filter_->setObjectName(QStringLiteral("endpointsFilter"));
    filter_->setPlaceholderText(tr("Filter by name, parameter or role"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setClearButtonEnabled(true);
    // The others stay at their places where there is nothing to filter.
    QSizePolicy keeps_place = filter_->sizePolicy();
    keeps_place.setRetainSizeWhenHidden(true);
    filter_->setSizePolicy(keeps_place);
    new_ = new QPushButton(tr("New endpoint"));
    new_->setObjectName(QStringLiteral("newEndpointButton"));
    edit_ = makeButton("editEndpointButton", tr("Edit"));
    note_ = new NoteLabel(QStringLiteral("endpointsNote"));
    note_->setContentsMargins(12, 6, 12, 8);
    rows_ = new TonedRows(&endpoints_, this);
    table_ = new QTreeView;
    table_->setObjectName(QStringLiteral("endpointsTable"));
    table_->setAccessibleName(tr("Endpoints"));
    table_->setModel(rows_);
    models_ = new QTreeWidget;
    models_->setObjectName(QStringLiteral("modelsTable"));
    models_->setAccessibleName(tr("Models"));
    models_->setHeaderLabels({tr("Model"), tr("Versions"), tr("Old versions are called"), tr("Published"), tr("By")});
    for (QTreeView* table : {table_, static_cast<QTreeView*>(models_)}) {
        styleFactsTable(table);
        table->setSelectionMode(QAbstractItemView::SingleSelection);
    }
    int column = 0;
    for (const int width : {240, 100, 70, 280, 130, 70}) {
        table_->setColumnWidth(column++, width);
    }
    table_->setSortingEnabled(true);
    table_->sortByColumn(app::EndpointListModel::kName, Qt::AscendingOrder);
    column = 0;
    for (const int width : {200, 120, 320, 140}) {
        models_->setColumnWidth(column++, width);
    }
    lists_ = new QStackedWidget;
    lists_->addWidget(table_);
    lists_->addWidget(models_);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(8);
    bar->addWidget(filter_, 1);
    bar->addWidget(views_);
    bar->addWidget(edit_);
    bar->addWidget(new_);
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(lists_, 1);
    layout->addWidget(note_);
    return part;
}

QWidget* EndpointsPage::buildDetails() {
    facts_ = new QTreeWidget;
    facts_->setObjectName(QStringLiteral("endpointFacts"));
    facts_->setAccessibleName(tr("The endpoint"));
    facts_->setHeaderHidden(true);
    facts_->setColumnCount(2);
    styleFactsTable(facts_);
    constexpr int kNameWidth = 180;
    facts_->setColumnWidth(0, kNameWidth);
    try_ = new TryPanel(nodes_);
    code_ = new CodeView(nodes_);
    endpoint_tabs_ = new QTabWidget;
    endpoint_tabs_->setObjectName(QStringLiteral("endpointDetails"));
    endpoint_tabs_->setDocumentMode(true);
    endpoint_tabs_->addTab(facts_, tr("What it is"));
    endpoint_tabs_->addTab(try_, tr("Try it"));
    endpoint_tabs_->addTab(code_, tr("Code"));
    versions_ = new ModelTable;
    model_code_ = new CodeView(nodes_);
    model_tabs_ = new QTabWidget;
    model_tabs_->setObjectName(QStringLiteral("modelDetails"));
    model_tabs_->setDocumentMode(true);
    model_tabs_->addTab(versions_, tr("Versions side by side"));
    model_try_ = new ModelTry(nodes_);
    model_tabs_->addTab(model_try_, tr("Try it"));
    model_tabs_->addTab(model_code_, tr("Code"));
    details_ = new QStackedWidget;
    details_->addWidget(endpoint_tabs_);
    details_->addWidget(model_tabs_);
    return details_;
}

void EndpointsPage::connectAll() {
    connect(&watch_, &app::EndpointsWatch::changed, this, &EndpointsPage::showAll);
    connect(&watch_, &app::EndpointsWatch::removed, this, [this](const QString& problem) {
        is_told_bad_ = !problem.isEmpty();
        told_ = problem.isEmpty() ? tr("It is served no more; its versions stay.") : problem;
        showState();
    });
    connect(views_, &QTabBar::currentChanged, this, [this](int view) {
        lists_->setCurrentIndex(view);
        details_->setCurrentIndex(view);
        new_->setText(shownKind() == Kind::kModel ? tr("New model") : tr("New endpoint"));
        filter_->setVisible(shownKind() == Kind::kEndpoint);
        choose();
        showAll();
    });
    connect(filter_, &QLineEdit::textChanged, rows_, &QSortFilterProxyModel::setFilterFixedString);
    connect(empty_, &EmptyState::actionTriggered, this,
            [this] { watch_.error() ? watch_.refresh() : Q_EMIT newRequested(shownKind()); });
    connect(new_, &QPushButton::clicked, this, [this] { Q_EMIT newRequested(shownKind()); });
    const auto request = [this](bool as_copy) {
        if (watch_.details() && edit_->isEnabled()) {
            const bool is_model = shownKind() == Kind::kModel;
            Q_EMIT editRequested(shownKind(), qt(is_model ? currentModel()->name : currentEndpoint()->name),
                                 *watch_.details(), as_copy);
        }
    };
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("editEndpointMenu"));
    connect(menu->addAction(tr("Edit")), &QAction::triggered, this, [request] { request(false); });
    connect(menu->addAction(tr("Make a copy")), &QAction::triggered, this, [request] { request(true); });
    menu->addSeparator();
    connect(menu->addAction(tr("Remove…")), &QAction::triggered, this, &EndpointsPage::askToRemove);
    edit_->setMenu(menu);
    connect(table_, &QTreeView::activated, this, [request] { request(false); });
    connect(models_, &QTreeView::activated, this, [request] { request(false); });
    // Queued: a row may also cease to be the current one while the model is being changed.
    connect(
        table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this] {
            choose();
            showChosen();
        },
        Qt::QueuedConnection);
    connect(
        models_, &QTreeWidget::currentItemChanged, this,
        [this] {
            choose();
            showChosen();
        },
        Qt::QueuedConnection);
    connect(try_, &TryPanel::callChanged, this, &EndpointsPage::showCommand);
    connect(model_try_, &ModelTry::callChanged, this, &EndpointsPage::showCommand);
    auto* again = new QAction(tr("Refresh"), this);
    again->setShortcut(QKeySequence(Qt::Key_F5));
    again->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(again, &QAction::triggered, &watch_, &app::EndpointsWatch::refresh);
    addAction(again);
}

void EndpointsPage::setNodes(std::shared_ptr<app::EndpointNodes> nodes, const QString& address) {
    nodes_ = std::move(nodes);
    address_ = address;
    told_.clear();
    try_->setNodes(nodes_);
    code_->setNodes(nodes_);
    model_code_->setNodes(nodes_);
    model_try_->setNodes(nodes_);
    watch_.setNodes(nodes_);
}

void EndpointsPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    watch_.start();
}

void EndpointsPage::hideEvent(QHideEvent* event) {
    watch_.stop();
    QWidget::hideEvent(event);
}

EndpointsPage::Kind EndpointsPage::shownKind() const {
    return views_->currentIndex() == 1 ? Kind::kModel : Kind::kEndpoint;
}

const client::EndpointInfo* EndpointsPage::currentEndpoint() const {
    return endpoints_.rowOf(rows_->mapToSource(table_->currentIndex()));
}

const app::ServedModel* EndpointsPage::currentModel() const {
    const QTreeWidgetItem* item = models_->currentItem();
    const auto found = std::find_if(served_models_.begin(), served_models_.end(), [&](const app::ServedModel& model) {
        return item != nullptr && qt(model.name) == item->text(0);
    });
    return found == served_models_.end() ? nullptr : &*found;
}

void EndpointsPage::choose() {
    std::string stored;
    if (shownKind() == Kind::kModel) {
        const app::ServedModel* model = currentModel();
        stored = model != nullptr && model->file_version != 0 ? app::modelFileName(model->name) : std::string();
    } else if (const client::EndpointInfo* endpoint = currentEndpoint()) {
        stored = endpoint->name;
    }
    watch_.choose(stored);
}

void EndpointsPage::showAll() {
    // A model's endpoints stand with the model.
    std::vector<client::EndpointInfo> own;
    std::copy_if(watch_.endpoints().begin(), watch_.endpoints().end(), std::back_inserter(own),
                 [](const client::EndpointInfo& one) { return app::modelVersionOf(one.name) == 0; });
    endpoints_.setRows(std::move(own));
    if (currentEndpoint() == nullptr && rows_->rowCount() > 0) {
        table_->setCurrentIndex(rows_->index(0, 0));
    }
    served_models_ = app::modelsOf(watch_.endpoints(), watch_.models());
    QList<QStringList> rows;
    for (const app::ServedModel& model : served_models_) {
        QStringList versions;
        QStringList old;
        for (std::size_t i = 0; i < model.versions.size(); ++i) {
            const QString name = QStringLiteral("v%1").arg(app::modelVersionOf(model.versions[i].name));
            versions += name;
            if (i > 0 && model.versions[i].calls > 0) {
                old += name + QStringLiteral(": ") + app::usageOf(model.versions[i]);
            }
        }
        const QString none = model.versions.size() > 1 ? tr("no, since the node was started") : QString();
        rows += QStringList{qt(model.name), versions.join(QStringLiteral(", ")),
                            old.isEmpty() ? none : old.join(QStringLiteral("; ")), app::jobTimeText(model.at_ms),
                            qt(model.author)};
    }
    const QString current = models_->currentItem() != nullptr ? models_->currentItem()->text(0) : QString();
    {
        const QSignalBlocker blocker(models_);
        models_->clear();
        for (const QStringList& row : std::as_const(rows)) {
            auto* item = new QTreeWidgetItem(models_, row);
            if (row.front() == current || models_->currentItem() == nullptr) {
                models_->setCurrentItem(item);
            }
        }
    }
    choose();
    showState();
    showChosen();
}

void EndpointsPage::showState() {
    const std::optional<Error>& error = watch_.error();
    const bool is_empty = watch_.endpoints().empty() && watch_.models().empty();
    stack_->setCurrentIndex(is_empty ? 1 : 0);
    empty_->setAction(error ? tr("Try again") : watch_.isKnown() ? tr("New endpoint") : QString());
    if (error && error->code == ErrorCode::kUnimplemented) {
        empty_->setMessage("waiting", tr("No node of this mesh publishes endpoints"),
                           tr("Endpoints come with the replicated store, which each node can hold: docs/endpoints.md "
                              "says how to set it up."));
    } else if (error) {
        empty_->setMessage("error", qt(error->message), qt(error->hint), EmptyState::Tone::kError);
    } else if (watch_.isKnown()) {
        empty_->setMessage("waiting", tr("There are no endpoints yet"),
                           tr("An endpoint is a query with a name, which applications call with values. Write one "
                              "here, or publish a query from its editor: Query → Publish this query…"));
    } else {
        empty_->setMessage("waiting", tr("Asking the mesh for its endpoints…"));
    }
    const QString problem = error ? tr("Not up to date: %1").arg(qt(error->message)) : QString();
    note_->setNote(problem.isEmpty() ? told_ : problem,
                   problem.isEmpty() && !is_told_bad_ ? NoteLabel::Tone::kMuted : NoteLabel::Tone::kError);
    empty_->takeFocusOfHidden(*this);
}

void EndpointsPage::showChosen() {
    const bool is_model = shownKind() == Kind::kModel;
    const bool has_details = watch_.details() && !watch_.chosen().empty();
    edit_->setEnabled(has_details && (is_model ? currentModel() != nullptr : currentEndpoint() != nullptr));
    edit_->setToolTip(is_model && currentModel() != nullptr && currentModel()->file_version == 0
                          ? tr("The store has no file of it: apply the model once again, then it can be edited here")
                          : QString());
    if (is_model) {
        showModel();
        return;
    }
    const client::EndpointInfo* endpoint = currentEndpoint();
    const std::string text = has_details && endpoint != nullptr && watch_.chosen() == endpoint->name
                                 ? watch_.details()->text
                                 : std::string();
    const endpoints::ReadDefinition read = endpoints::readDefinition(text, "endpoint.sql");
    const bool is_read = !text.empty() && read.errors.empty();
    try_->setEndpoint(is_read ? std::optional(read.definition) : std::nullopt);
    code_->setEndpoints(endpoint != nullptr ? std::vector<std::string>{endpoint->name} : std::vector<std::string>(),
                        endpoint != nullptr ? endpoint->version : 0);
    showCommand();
    facts_->clear();
    if (endpoint == nullptr) {
        return;
    }
    const auto add = [this](const QString& name, const QString& value) {
        if (!value.isEmpty()) {
            auto* item = new QTreeWidgetItem(facts_, {name, value});
            item->setToolTip(1, value);
        }
    };
    add(tr("What it is for"), qt(endpoint->documentation).simplified());
    add(tr("Problem"), qt(endpoint->problem));
    add(tr("Called by"), app::methodsOf(*endpoint) + QLatin1Char(' ') + app::pathOf(endpoint->name));
    add(tr("Calls"), app::usageOf(*endpoint));
    add(tr("May be called by"), joined(endpoint->roles, tr("everybody who can sign in")));
    add(tr("Published"), tr("version %1, %2, by %3")
                             .arg(endpoint->version)
                             .arg(app::jobTimeText(endpoint->at_ms), qt(endpoint->author)));
    add(tr("Tags"), joined(endpoint->tags, {}));
    if (is_read) {
        const endpoints::Definition& definition = read.definition;
        add(tr("On the nodes"), joined(definition.nodes, tr("all")));
        for (const endpoints::Parameter& parameter : definition.parameters) {
            add(QStringLiteral(":") + qt(parameter.name), textOf(parameter));
        }
        if (definition.max_age_seconds > 0) {
            add(tr("Answers are kept for"), tr("%1 s").arg(definition.max_age_seconds));
        }
        if (definition.rate) {
            add(tr("Most calls of a person"),
                tr("%1 in %2 s").arg(definition.rate->requests).arg(definition.rate->seconds));
        }
    }
}

void EndpointsPage::showModel() {
    const app::ServedModel* model = currentModel();
    std::optional<endpoints::Model> file;
    if (model != nullptr && watch_.details() && watch_.chosen() == app::modelFileName(model->name)) {
        endpoints::ReadModel read = endpoints::readModel(watch_.details()->text, "model.yaml");
        if (read.errors.empty()) {
            file = std::move(read.model);
        }
    }
    versions_->setModel(model != nullptr ? *model : app::ServedModel(), file);
    model_code_->setEndpoints(model != nullptr ? model->endpoints : std::vector<std::string>(),
                              model != nullptr ? model->file_version : 0);
    model_try_->setEndpoints(model != nullptr ? model->endpoints : std::vector<std::string>(),
                             model != nullptr ? model->file_version : 0);
}

void EndpointsPage::showCommand() {
    code_->setCall(try_->call(), address_);
    model_code_->setCall(model_try_->call(), address_);
}

void EndpointsPage::askToRemove() {
    std::vector<std::string> stored;
    QString name;
    QString users;
    if (shownKind() == Kind::kModel && currentModel() != nullptr) {
        stored = currentModel()->endpoints;
        if (currentModel()->file_version != 0) {
            stored.push_back(app::modelFileName(currentModel()->name));
        }
        name = qt(currentModel()->name);
        for (const client::EndpointInfo& version : currentModel()->versions) {
            users += qt(version.name) + QStringLiteral(": ") + app::usageOf(version) + QLatin1Char('\n');
        }
    } else if (const client::EndpointInfo* endpoint = currentEndpoint()) {
        stored = {endpoint->name};
        name = qt(endpoint->name);
        users = app::usageOf(*endpoint);
    }
    if (stored.empty()) {
        return;
    }
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, tr("Remove"), tr("Remove “%1”?").arg(name), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("removeEndpointBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("It is served no more, and its callers fail. Its versions stay.") +
                            QStringLiteral("\n\n") + users.trimmed());
    const QPushButton* remove = box->addButton(tr("Remove"), QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this, [this, remove, stored](const QAbstractButton* button) {
        if (button == remove) {
            watch_.remove(stored);
        }
    });
    box->open();
}

}  // namespace tessera::workbench
