#include "tests/support/temporary_identity_provider.h"

#include "common/net.h"
#include "tests/support/wait_until.h"

#include <chrono>
#include <regex>
#include <vector>

namespace tessera {

namespace {

constexpr std::chrono::seconds kPatience{90};

struct Page {
    std::string body;
    std::string redirect;
};

Result<Page> fetch(const std::string& url, const std::filesystem::path& cookies,
                   const std::vector<std::string>& fields) {
    std::vector<std::string> arguments{"curl",         "--silent", "--show-error", "--cookie",          cookies,
                                       "--cookie-jar", cookies,    "--write-out",  "\n%{redirect_url}", url};
    for (const std::string& field : fields) {
        arguments.insert(arguments.end(), {"--data-urlencode", field});
    }
    std::string answer = TSR_TRY(runChecked({.arguments = arguments}, kPatience));
    const std::size_t line = answer.rfind('\n');
    return Page{answer.substr(0, line), answer.substr(line + 1)};
}

/// What a form sends: its hidden fields, and what a person fills in.
std::vector<std::string> fieldsOf(const std::string& form, const std::string& login, const std::string& code) {
    static const std::regex kHidden(R"re(<input type="hidden" name="([^"]*)" value="([^"]*)")re");
    std::vector<std::string> fields;
    for (std::sregex_iterator found(form.begin(), form.end(), kHidden), end; found != end; ++found) {
        fields.push_back((*found)[1].str() + "=" + (*found)[2].str());
    }
    if (form.find("name=\"login\"") != std::string::npos) {
        fields.push_back("login=" + login);
    }
    if (form.find("type=\"text\" name=\"user_code\"") != std::string::npos) {
        fields.push_back("user_code=" + code);
    }
    return fields;
}

}  // namespace

Result<TemporaryIdentityProvider> TemporaryIdentityProvider::start(int access_seconds) {
    TemporaryIdentityProvider provider;
    provider.port_ = TSR_TRY(freeLoopbackPort());
    provider.access_seconds_ = access_seconds;
    TSR_TRY(provider.launch());
    return provider;
}

Result<> TemporaryIdentityProvider::launch(bool rotate_keys) {
    const auto config =
        writeFile(folder_.path() / "config.json",
                  R"({"port": )" + std::to_string(port_) + R"(, "state": ")" + (folder_.path() / "state").string() +
                      R"(", "modules": ")" TESSERA_IDENTITY_PROVIDER R"(", "audiences": [")" + kAudience + R"(", ")" +
                      kOtherAudience + R"("], "accessSeconds": )" + std::to_string(access_seconds_) +
                      R"(, "rotateKeys": )" + (rotate_keys ? "true" : "false") + R"(, "people": {
                "ann": {"name": "Ann Archer", "email": "ann@example.org", "groups": )" +
                      groups_of_ann_ +
                      R"(},
                "bob": {"name": "Bob Baker", "email": "bob@example.org", "groups": []}}})");
    const auto log = folder_.path() / "provider.log";
    std::filesystem::remove(log);
    process_ = TSR_TRY(Process::start(
        {.arguments = {"node", TESSERA_SOURCE_DIR "/resources/demo/identity/provider.mjs", config.string()},
         .standard_output = ProcessOutput::toFile(log),
         .standard_error = ProcessOutput::toFile(log),
         .signal_on_parent_death = SIGTERM}));
    const bool ready =
        waitUntil([&] { return process_->poll() || readFile(log).find("ready ") != std::string::npos; }, kPatience);
    if (!ready || process_->poll()) {
        return fail(ErrorCode::kUnavailable, "the identity provider did not start:\n" + readFile(log));
    }
    return {};
}

std::vector<std::string> TemporaryIdentityProvider::refreshTokens() const {
    static const std::regex kToken(R"re("RefreshToken:([^"]+)":\{"payload":\{([^}]*))re");
    const std::string state = readFile(folder_.path() / "state" / "grants.json");
    std::vector<std::string> tokens;
    for (std::sregex_iterator found(state.begin(), state.end(), kToken), end; found != end; ++found) {
        if ((*found)[2].str().find("\"consumed\"") == std::string::npos) {
            tokens.push_back((*found)[1].str());
        }
    }
    return tokens;
}

Result<> TemporaryIdentityProvider::revoke(const std::string& refresh_token) const {
    TSR_TRY(runChecked(
        {.arguments = {"curl", "--silent", "--show-error", "--fail", "--data-urlencode", "token=" + refresh_token,
                       "--data-urlencode", "client_id=tessera", issuer() + "/token/revocation"}},
        kPatience));
    return {};
}

Result<std::string> browse(const std::string& url, const std::string& login, const std::string& code) {
    constexpr int kMostSteps = 20;
    const TemporaryDirectory folder;
    const auto cookies = folder.path() / "cookies";
    const std::regex form_start(R"re(<form[^>]*action="([^"]*)")re");
    const std::string origin = url.substr(0, url.find('/', url.find("//") + 2));
    Page page = TSR_TRY(fetch(url, cookies, {}));
    for (int step = 0; step < kMostSteps; ++step) {
        std::smatch form;
        if (!page.redirect.empty()) {
            page = TSR_TRY(fetch(page.redirect, cookies, {}));
        } else if (std::regex_search(page.body, form, form_start)) {
            const std::string action = form[1].str();
            const std::string target = action.starts_with('/') ? origin + action : action;
            page = TSR_TRY(fetch(target, cookies, fieldsOf(page.body, login, code)));
        } else {
            return page.body;
        }
    }
    return fail(ErrorCode::kUnavailable, "the sign-in does not come to an end: " + page.body);
}

}  // namespace tessera
