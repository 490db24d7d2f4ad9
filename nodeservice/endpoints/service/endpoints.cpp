#include "nodeservice/endpoints/service/endpoints.h"

#include "common/line_diff.h"
#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/endpoints/definition/changes.h"
#include "nodeservice/endpoints/definition/read.h"
#include "nodeservice/endpoints/model/derive.h"
#include "nodeservice/endpoints/model/read.h"

#include <algorithm>
#include <set>

namespace tessera::endpoints {

namespace {

/// A store in which much is written is not asked more often.
constexpr std::chrono::milliseconds kLeastPause{200};
constexpr std::size_t kMostFiles = 1000;

Error placed(Error error, const File& file, const ReadDefinition& read) {
    if (error.position > 0) {
        return placedInSql(std::move(error), read.definition.sql, file.origin, read.sql_line);
    }
    return std::move(error).withContext(file.origin);
}

/// Of a name, what is left of it in other languages.
std::string lettersOf(std::string name) {
    std::erase_if(name, [](char c) { return c == '-' || c == '_' || c == '@'; });
    return name;
}

constexpr std::size_t kMostRoles = 20;

bool isModel(const File& file) {
    return file.origin.ends_with(".yaml") || file.origin.ends_with(".yml");
}

/// What a model's file is called in the store: no endpoint has such a name.
constexpr std::string_view kModelFileEnd = ".yaml";

/// Of a model's endpoint, "customer@v2-insert".
std::int64_t modelVersionOf(const std::string& name) {
    return std::atoll(name.c_str() + name.find("@v") + 2);
}

}  // namespace

// --- publishing ------------------------------------------------------------------------------------------------------

Result<AppliedEndpoint> Endpoints::plan(const File& file, const ApplyOptions& options, AuthorDatabase& database,
                                        std::vector<Error>& problems, Batch& batch) {
    AppliedEndpoint applied;
    const ReadDefinition read = readDefinition(file.text, file.origin);
    problems.insert(problems.end(), read.errors.begin(), read.errors.end());
    if (!read.errors.empty()) {
        return applied;
    }
    const Definition& wanted = read.definition;
    applied.name = wanted.name;
    for (const auto& [name, other] : TSR_TRY(snapshot())->served) {
        if (name != wanted.name && lettersOf(name) == lettersOf(wanted.name)) {
            problems.push_back(
                fail(ErrorCode::kInvalidArgument,
                     file.origin + ": generated programs cannot tell '" + wanted.name + "' from '" + name + "'",
                     "give it a name with other letters"));
        }
    }
    auto columns = database.describe(wanted);
    if (!columns) {
        problems.push_back(placed(std::move(columns).error(), file, read));
        return applied;
    }
    const auto versions = TSR_TRY(this->versions(wanted.name));
    const StoredVersion* served = nullptr;
    for (const StoredVersion& version : versions) {
        served = version.is_served ? &version : served;
    }
    const std::string column_text = columnsText(*columns);
    applied.diff = diffLines(served == nullptr ? "" : served->bundle.source, file.text);
    if (served != nullptr) {
        applied.change = AppliedEndpoint::Change::kChanged;
        applied.version = served->bundle.version;
        const auto before = readBundle(served->bundle, served->at_ms);
        const bool is_same = served->bundle.source == file.text && served->bundle.columns == column_text &&
                             signatures_.verify(served->bundle.signedText(), served->signature).has_value();
        if (is_same) {
            applied.change = AppliedEndpoint::Change::kUnchanged;
            return applied;
        }
        if (before) {
            applied.breaking = breakingChanges({before->definition, before->columns}, {wanted, *columns});
        }
    } else {
        applied.change = AppliedEndpoint::Change::kCreated;
    }
    NewVersion made{{wanted.name, versions.empty() ? 1 : versions.front().bundle.version + 1, options.author, file.text,
                     column_text},
                    {},
                    applied.version};
    made.signature = TSR_TRY(signatures_.sign(made.bundle.signedText()));
    applied.version = made.bundle.version;
    const Batch change = publish(made);
    batch.insert(batch.end(), change.begin(), change.end());
    if (!applied.breaking.empty()) {
        applied.breaking.push_back(usersOf(wanted.name));
    }
    return applied;
}

Result<> Endpoints::withdrawOld(const Model& model, const std::vector<File>& derived, Application& application,
                                Batch& batch) {
    const std::string prefix = model.name + "@v";
    for (const auto& [name, served] : TSR_TRY(snapshot())->served) {
        const auto is_derived = std::any_of(derived.begin(), derived.end(),
                                            [&](const File& file) { return file.origin.ends_with(": " + name); });
        if (!name.starts_with(prefix) || is_derived) {
            continue;
        }
        const std::int64_t version = modelVersionOf(name);
        const bool is_there = std::any_of(model.versions.begin(), model.versions.end(),
                                          [&](const ModelVersion& one) { return one.version == version; });
        const bool is_retired = std::find(model.retired.begin(), model.retired.end(), version) != model.retired.end();
        if (!is_there && !is_retired) {
            application.problems.push_back(
                fail(ErrorCode::kFailedPrecondition,
                     model.where + ": '" + name + "' is served, and its version is not in the file",
                     "write version " + std::to_string(version) + " under 'older', or its number under 'retired'"));
            continue;
        }
        AppliedEndpoint removed{name, AppliedEndpoint::Change::kRemoved, served.version, {}, {}};
        removed.breaking.push_back("it is served no more; " + usersOf(name));
        application.endpoints.push_back(std::move(removed));
        const Batch change = withdraw(name, served.version);
        batch.insert(batch.end(), change.begin(), change.end());
    }
    return {};
}

Result<> Endpoints::keepFile(const Model& model, const File& file, const std::string& author, Batch& batch) {
    const std::string name = model.name + std::string(kModelFileEnd);
    const auto versions = TSR_TRY(this->versions(name));
    const auto served =
        std::find_if(versions.begin(), versions.end(), [](const StoredVersion& version) { return version.is_served; });
    if (served != versions.end() && served->bundle.source == file.text) {
        return {};
    }
    NewVersion made{{name, versions.empty() ? 1 : versions.front().bundle.version + 1, author, file.text, "[]"},
                    {},
                    served == versions.end() ? 0 : served->bundle.version};
    made.signature = TSR_TRY(signatures_.sign(made.bundle.signedText()));
    const Batch change = publish(made);
    batch.insert(batch.end(), change.begin(), change.end());
    return {};
}

Result<std::vector<File>> Endpoints::expand(const std::vector<File>& files, const ApplyOptions& options,
                                            AuthorDatabase& database, Application& application, Batch& batch) {
    std::vector<File> expanded;
    std::vector<Model> models;
    std::vector<const File*> model_files;
    for (const File& file : files) {
        if (!isModel(file)) {
            expanded.push_back(file);
            continue;
        }
        ReadModel read = readModel(file.text, file.origin);
        application.problems.insert(application.problems.end(), read.errors.begin(), read.errors.end());
        if (read.errors.empty()) {
            models.push_back(std::move(read.model));
            model_files.push_back(&file);
        }
    }
    Derived derived = deriveEndpoints(models);
    ModelTables wanted = tablesOf(models);
    if (application.problems.empty()) {
        application.problems = std::move(derived.errors);
        application.problems.insert(application.problems.end(), wanted.errors.begin(), wanted.errors.end());
    }
    if (application.problems.empty() && !wanted.tables.empty()) {
        auto made = database.makeTables(wanted.tables);
        if (made) {
            application.table_changes = std::move(*made);
        } else {
            application.problems.push_back(std::move(made).error());
        }
    }
    for (DerivedFile& file : derived.files) {
        expanded.push_back({file.where + ": " + file.name, std::move(file.text)});
    }
    if (application.problems.empty()) {
        for (std::size_t i = 0; i < models.size(); ++i) {
            TSR_TRY(withdrawOld(models[i], expanded, application, batch));
            TSR_TRY(keepFile(models[i], *model_files[i], options.author, batch));
        }
    }
    return application.problems.empty() ? std::move(expanded) : std::vector<File>();
}

Result<Application> Endpoints::apply(const std::vector<File>& files, const ApplyOptions& options,
                                     AuthorDatabase& database) {
    if (files.size() > kMostFiles) {
        return fail(ErrorCode::kInvalidArgument, "these are too many files at once",
                    "apply at most " + std::to_string(kMostFiles));
    }
    Application application;
    Batch batch;
    std::set<std::string> names;
    for (const File& file : TSR_TRY(expand(files, options, database, application, batch))) {
        const AppliedEndpoint applied = TSR_TRY(plan(file, options, database, application.problems, batch));
        if (!applied.name.empty() && !names.insert(applied.name).second) {
            application.problems.push_back(fail(ErrorCode::kInvalidArgument,
                                                file.origin + ": there are two endpoints '" + applied.name + "'",
                                                "give one of them another name"));
        }
        application.endpoints.push_back(applied);
    }
    for (const AppliedEndpoint& applied : application.endpoints) {
        if (!applied.breaking.empty() && !options.is_dry && !options.allows_breaking) {
            application.problems.push_back(
                fail(ErrorCode::kFailedPrecondition,
                     "callers of '" + applied.name + "' may fail: " + join(applied.breaking, "; "),
                     "publish it under another name or as another version, or apply it with --breaking"));
        }
    }
    if (!application.problems.empty()) {
        application.endpoints.clear();
        application.table_changes.clear();
        return application;
    }
    if (options.is_dry) {
        return application;
    }
    if (!application.table_changes.empty()) {
        TSR_TRY(database.keepTables());
    }
    if (batch.empty()) {
        return application;
    }
    TSR_TRY(migrate(store_));
    if (!TSR_TRY(store_.apply(batch))) {
        return fail(ErrorCode::kAborted, "somebody else has published one of the endpoints meanwhile", "try again");
    }
    const std::lock_guard lock(mutex_);
    ++own_changes_;
    return application;
}

Result<> Endpoints::remove(const std::string& name) {
    for (const StoredVersion& version : TSR_TRY(versions(name))) {
        if (version.is_served) {
            if (!TSR_TRY(store_.apply(withdraw(name, version.bundle.version)))) {
                return fail(ErrorCode::kAborted, "somebody else has changed the endpoint meanwhile", "try again");
            }
            const std::lock_guard lock(mutex_);
            ++own_changes_;
            return {};
        }
    }
    return std::move(find(name)).error();
}

Result<std::vector<StoredVersion>> Endpoints::versions(const std::string& name) {
    return TSR_TRY(schemaVersion(store_)) == 0 ? Result<std::vector<StoredVersion>>(std::vector<StoredVersion>())
                                               : readVersions(store_, name);
}

Result<std::vector<std::string>> Endpoints::invalidate(const std::vector<std::string>& tags) {
    std::vector<std::string> names;
    std::vector<std::string> known;
    std::vector<std::string> used;
    for (const auto& [name, served] : TSR_TRY(snapshot())->served) {
        if (!served.endpoint) {
            continue;
        }
        const Definition& definition = (*served.endpoint)->definition;
        known.insert(known.end(), definition.tags.begin(), definition.tags.end());
        const auto is_meant = [&](const std::string& tag) {
            return std::find(tags.begin(), tags.end(), tag) != tags.end();
        };
        if (definition.max_age_seconds > 0 && std::any_of(definition.tags.begin(), definition.tags.end(), is_meant)) {
            names.push_back(name);
            std::copy_if(definition.tags.begin(), definition.tags.end(), std::back_inserter(used), is_meant);
        }
    }
    if (used.empty()) {
        for (const std::string& tag : tags) {
            if (std::find(known.begin(), known.end(), tag) == known.end()) {
                return fail(ErrorCode::kNotFound, "no endpoint has the tag '" + tag + "'", suggestion(tag, known));
            }
        }
        return names;
    }
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    // At once, and to the count that the store will have: an answer that is made meanwhile is kept beyond that.
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& tag : used) {
            own_counts_[tag] = countOf(tag) + 1;
        }
    }
    const auto told = store_.apply(endpoints::invalidate(used));
    if (!told) {
        const std::lock_guard lock(mutex_);
        for (const std::string& tag : used) {
            --own_counts_[tag];
            ++untold_[tag];
        }
        return told.error();
    }
    return names;
}

Result<> Endpoints::tellOfRights(std::uint64_t changes) {
    auto known = TSR_TRY(snapshot());
    if (known->served.empty()) {
        // Another node may keep answers of what it has just published.
        known = TSR_TRY(snapshot(Freshness::kAnew));
    }
    const auto told = known->rights.find(node_);
    const auto count = static_cast<std::int64_t>(changes);
    if (!known->served.empty() && (told == known->rights.end() || told->second != count)) {
        TSR_TRY(store_.apply(endpoints::tellOfRights(node_, count)));
    }
    return {};
}

std::int64_t Endpoints::countOf(const std::string& tag) const {
    const auto own = own_counts_.find(tag);
    const auto stored = last_ ? last_->tags.find(tag) : std::map<std::string, std::int64_t>::const_iterator();
    return std::max(own == own_counts_.end() ? 0 : own->second,
                    !last_ || stored == last_->tags.end() ? 0 : stored->second);
}

std::string Endpoints::stampOf(const Published& endpoint) {
    const auto& tags = endpoint.definition.tags;
    std::string stamp;
    const std::lock_guard lock(mutex_);
    if (last_) {
        for (const auto& [node, changes] : last_->rights) {
            stamp += node == node_ ? std::string() : node + "=" + std::to_string(changes) + " ";
        }
    }
    for (const std::string& tag : tags) {
        const auto untold = untold_.find(tag);
        stamp +=
            std::to_string(countOf(tag)) + "+" + std::to_string(untold == untold_.end() ? 0 : untold->second) + " ";
    }
    return stamp;
}

void Endpoints::countCall(const std::string& name, const std::string& role) {
    const std::lock_guard lock(usage_mutex_);
    Usage& usage = usage_[name];
    ++usage.calls;
    if (usage.roles.size() < kMostRoles) {
        usage.roles.insert(role);
    }
}

std::map<std::string, Usage> Endpoints::usage() const {
    const std::lock_guard lock(usage_mutex_);
    return usage_;
}

std::string Endpoints::usersOf(const std::string& name) const {
    const std::lock_guard lock(usage_mutex_);
    const auto found = usage_.find(name);
    if (found == usage_.end()) {
        return "nobody has called it since node '" + node_ + "' was started";
    }
    return "called " + std::to_string(found->second.calls) + " times since node '" + node_ + "' was started, by " +
           join({found->second.roles.begin(), found->second.roles.end()}, ", ");
}

// --- serving ---------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<const Endpoints::Snapshot>> Endpoints::read(const std::shared_ptr<const Snapshot>& before) {
    auto made = std::make_shared<Snapshot>();
    if (TSR_TRY(schemaVersion(store_)) == 0) {
        return std::shared_ptr<const Snapshot>(made);
    }
    made->changes = integerOf(TSR_TRY(store_.query({"SELECT changes FROM endpoint_schema", {}})).at(0).at(0));
    if (before && before->changes == made->changes) {
        return before;
    }
    made->tags = TSR_TRY(readTags(store_));
    made->rights = TSR_TRY(readRights(store_));
    for (const StoredVersion& version : TSR_TRY(readVersions(store_))) {
        const Bundle& bundle = version.bundle;
        if (bundle.name.ends_with(kModelFileEnd)) {
            const std::string name = bundle.name.substr(0, bundle.name.size() - kModelFileEnd.size());
            made->models.push_back({name, bundle.version, bundle.author, version.at_ms});
            continue;
        }
        auto verified = signatures_.verify(bundle.signedText(), version.signature);
        Served served{bundle.name, bundle.version, std::shared_ptr<const Published>()};
        if (!verified) {
            served.endpoint =
                std::move(verified).error().withContext("the endpoint '" + bundle.name + "' is not served");
            refuse(served, before.get());
            if (served.endpoint.error().code == ErrorCode::kUnavailable) {
                // Looked at again next time.
                made->changes = -1;
            }
        } else if (auto published = readBundle(bundle, version.at_ms)) {
            served.endpoint = std::make_shared<const Published>(std::move(*published));
        } else {
            served.endpoint = std::move(published).error();
        }
        made->served.emplace(bundle.name, std::move(served));
    }
    return std::shared_ptr<const Snapshot>(made);
}

void Endpoints::refuse(const Served& served, const Snapshot* before) const {
    const Error& why = served.endpoint.error();
    if (before != nullptr) {
        const auto known = before->served.find(served.name);
        if (known != before->served.end() && known->second.version == served.version && !known->second.endpoint &&
            known->second.endpoint.error().message == why.message) {
            return;
        }
    }
    log::error("endpoints.refused", {{"endpoint", served.name}, {"version", served.version}, {"reason", why.message}});
    if (tampered_ && why.code == ErrorCode::kDataLoss) {
        tampered_(served.name, served.version, why);
    }
}

bool Endpoints::isAtHand() {
    // What this node has published itself, its callers find at once.
    const bool is_behind = seen_own_ != own_changes_;
    const bool is_early = is_reading_ || Clock::now() - looked_ < kLeastPause;
    return last_ && !is_behind && (is_early || (last_->changes != -1 && store_.applied() == seen_));
}

Result<std::shared_ptr<const Endpoints::Snapshot>> Endpoints::snapshot(Freshness freshness) {
    std::unique_lock lock(mutex_);
    const std::uint64_t begun_before = begun_;
    while (true) {
        if (freshness == Freshness::kAnew && ended_ > begun_before) {
            return ended_with_;
        }
        if (freshness == Freshness::kAtHand && isAtHand()) {
            return last_;
        }
        if (!is_reading_) {
            break;
        }
        read_.wait(lock, [this] { return !is_reading_; });
    }
    is_reading_ = true;
    ++begun_;
    const auto before = last_;
    const auto now = Clock::now();
    const std::uint64_t applied = store_.applied();
    const std::uint64_t own_changes = own_changes_;
    lock.unlock();
    auto made = read(before);
    lock.lock();
    is_reading_ = false;
    seen_own_ = own_changes;
    looked_ = now;
    ended_ = begun_;
    ended_with_ = made;
    read_.notify_all();
    if (!made) {
        const bool may_stand_in = freshness == Freshness::kAtHand && last_;
        return may_stand_in && made.error().code != ErrorCode::kFailedPrecondition ? last_ : made;
    }
    last_ = *made;
    seen_ = applied;
    return last_;
}

Result<std::vector<Endpoints::Served>> Endpoints::list() {
    std::vector<Served> all;
    for (const auto& [name, served] : TSR_TRY(snapshot())->served) {
        all.push_back(served);
    }
    return all;
}

Result<std::vector<Endpoints::ModelFile>> Endpoints::models() {
    return TSR_TRY(snapshot())->models;
}

Result<> Endpoints::checkCall(const Published& endpoint, const std::string& role) const {
    const Definition& definition = endpoint.definition;
    if (!definition.nodes.empty() && !definition.nodes.contains(node_)) {
        return fail(ErrorCode::kNotFound, "the endpoint '" + definition.name + "' is not served by this node",
                    "it is served by: " + join({definition.nodes.begin(), definition.nodes.end()}, ", "));
    }
    if (!definition.roles.empty() && !definition.roles.contains(role)) {
        return fail(ErrorCode::kPermissionDenied,
                    "the role '" + role + "' may not call the endpoint '" + definition.name + "'",
                    "its 'roles' name who may");
    }
    return {};
}

Result<std::vector<std::shared_ptr<const Published>>> Endpoints::callable(const std::string& role) {
    std::vector<std::shared_ptr<const Published>> all;
    for (const auto& [name, served] : TSR_TRY(snapshot())->served) {
        if (served.endpoint && checkCall(**served.endpoint, role)) {
            all.push_back(*served.endpoint);
        }
    }
    return all;
}

Result<std::shared_ptr<const Published>> Endpoints::findIn(const Snapshot& snapshot, const std::string& name) {
    const auto found = snapshot.served.find(name);
    if (found == snapshot.served.end()) {
        std::vector<std::string> names;
        for (const auto& [known, served] : snapshot.served) {
            names.push_back(known);
        }
        return fail(ErrorCode::kNotFound, "there is no endpoint '" + name + "'", suggestion(name, names));
    }
    return found->second.endpoint;
}

Result<std::shared_ptr<const Published>> Endpoints::find(const std::string& name) {
    auto known = TSR_TRY(snapshot());
    if (!known->served.contains(name)) {
        // Another node may have published it a moment ago.
        known = TSR_TRY(snapshot(Freshness::kAnew));
    }
    return findIn(*known, name);
}

std::optional<Result<std::shared_ptr<const Published>>> Endpoints::findAtHand(const std::string& name) {
    std::shared_ptr<const Snapshot> known;
    {
        const std::lock_guard lock(mutex_);
        if (!isAtHand() || !last_->served.contains(name)) {
            return std::nullopt;
        }
        known = last_;
    }
    return findIn(*known, name);
}

}  // namespace tessera::endpoints
