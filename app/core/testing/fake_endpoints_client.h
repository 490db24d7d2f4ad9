#pragma once

/// A node's endpoints for tests without a node: answers at once with what the test has put in, and remembers what was
/// asked for. Any thread.

#include "nodeservice/client/endpoints_client.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::app {

class FakeEndpointsClient final : public client::EndpointsClient {
  public:
    struct Content {
        std::vector<client::EndpointInfo> endpoints;
        std::vector<client::ModelInfo> models;
        /// By name, the oldest first; the last one is served.
        std::map<std::string, std::vector<std::string>> files;
        /// In place of every answer.
        std::optional<Error> error;
        /// What apply() finds wrong, and what breaks callers.
        std::vector<Error> problems;
        std::vector<std::string> breaking;
        /// Of models' tables.
        std::vector<std::string> table_changes{};
        /// What call() answers.
        client::EndpointAnswer answer;
        /// call() waits until it is to stop.
        bool is_stuck = false;
        /// What was to be done, in words, oldest first; checks are not among them.
        std::vector<std::string> done;
        /// The files of the last check or application.
        std::vector<client::EndpointFile> applied;
        client::EndpointCall call;
        int checks = 0;
    };

    /// `change(Content&)` while nobody asks.
    template <class Change>
    auto with(Change change) {
        const std::lock_guard lock(mutex_);
        return change(content_);
    }

    Result<std::vector<client::EndpointInfo>> list() override {
        return answer([](const Content& content) { return content.endpoints; });
    }

    Result<std::vector<client::ModelInfo>> models() override {
        return answer([](const Content& content) { return content.models; });
    }

    Result<client::EndpointDetails> get(const std::string& name, std::int64_t version) override {
        const std::lock_guard lock(mutex_);
        if (content_.error) {
            return *content_.error;
        }
        const auto found = content_.files.find(name);
        if (found == content_.files.end()) {
            return fail(ErrorCode::kNotFound, "there is no endpoint '" + name + "'");
        }
        const auto count = static_cast<std::int64_t>(found->second.size());
        client::EndpointDetails details;
        details.version = {version == 0 ? count : version, "etl", 1, version == 0 || version == count};
        details.text = found->second.at(static_cast<std::size_t>(details.version.version - 1));
        for (std::int64_t one = count; one > 0; --one) {
            details.versions.push_back({one, "etl", one, one == count});
        }
        return details;
    }

    Result<client::EndpointAnswer> call(const client::EndpointCall& what, const std::stop_token& stop) override {
        const bool is_stuck = with([&](Content& content) {
            content.call = what;
            content.done.push_back("call " + what.name + "?" + what.query);
            return content.is_stuck;
        });
        while (is_stuck && !stop.stop_requested()) {
            std::this_thread::yield();
        }
        if (is_stuck) {
            return fail(ErrorCode::kCancelled, "cancelled");
        }
        return answer([](const Content& content) { return content.answer; });
    }

    Result<std::string> exportAs(const std::string& format, const std::vector<std::string>& names) override {
        return answer(
            [&](const Content&) { return "// " + format + " of " + (names.empty() ? "all" : names.front()); });
    }

    Result<client::EndpointApplication> apply(const std::vector<client::EndpointFile>& files, bool is_dry,
                                              bool allows_breaking) override {
        const std::lock_guard lock(mutex_);
        if (content_.error) {
            return *content_.error;
        }
        content_.applied = files;
        content_.checks += is_dry ? 1 : 0;
        if (!content_.problems.empty()) {
            return client::EndpointApplication{{}, {}, content_.problems};
        }
        const std::string name = nameIn(files.front().text);
        auto& versions = content_.files[name];
        client::AppliedEndpoint applied;
        applied.name = name;
        applied.change =
            versions.empty() ? client::AppliedEndpoint::Change::kCreated : client::AppliedEndpoint::Change::kChanged;
        applied.version = static_cast<std::int64_t>(versions.size()) + 1;
        applied.diff = "-a: old\n+a: new\n";
        applied.breaking = content_.breaking;
        if (!is_dry) {
            content_.done.push_back(std::string("apply ") + name + (allows_breaking ? " breaking" : ""));
            versions.push_back(files.front().text);
        } else if (versions.empty()) {
            content_.files.erase(name);
        }
        return client::EndpointApplication{{applied}, content_.table_changes, {}};
    }

    Result<> remove(const std::string& name) override {
        return with([&](Content& content) {
            content.done.push_back("remove " + name);
            std::erase_if(content.endpoints, [&](const client::EndpointInfo& one) { return one.name == name; });
            return content.error ? Result<>(*content.error) : Result<>();
        });
    }

    Result<std::vector<std::string>> invalidate(const std::string& tag) override {
        return with([&](Content& content) -> Result<std::vector<std::string>> {
            content.done.push_back("invalidate " + tag);
            return std::vector<std::string>();
        });
    }

  private:
    template <class Give>
    auto answer(Give give) -> Result<decltype(give(std::declval<const Content&>()))> {
        const std::lock_guard lock(mutex_);
        if (content_.error) {
            return *content_.error;
        }
        return give(content_);
    }

    static std::string nameIn(const std::string& text) {
        const bool is_model = text.starts_with("model: ");
        const std::string key = is_model ? "model: " : "endpoint: ";
        const std::size_t begin = text.find(key) + key.size();
        return text.substr(begin, text.find('\n', begin) - begin) + (is_model ? ".yaml" : "");
    }

    std::mutex mutex_;
    Content content_;  // guarded by mutex_
};

}  // namespace tessera::app
