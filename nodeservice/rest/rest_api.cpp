#include "nodeservice/rest/rest_api.h"

#include "nodeservice/catalog/catalog.h"
#include "nodeservice/catalog/governance.h"
#include "nodeservice/rest/problem.h"

#include <algorithm>
#include <utility>

namespace tessera::rest {

using gateway::HttpResponse;
using nlohmann::ordered_json;

struct RestApi::Call {
    gateway::HttpRequest request;
    std::shared_ptr<gateway::HttpExchange> exchange;
    /// The path's parts behind /api/v1.
    std::vector<std::string> parts;
    std::vector<std::pair<std::string, std::string>> headers;
    identity::Principal principal = {};

    bool reads() const { return request.method == "GET" || request.method == "HEAD"; }

    bool wantsGzip() const { return acceptsGzip(request.header("accept-encoding")); }
};

namespace {

constexpr const char* kVersionPrefix = "/api/v1/";
// Smaller answers get no shorter.
constexpr std::size_t kLeastGzipBytes = 1024;
constexpr std::size_t kIdBytes = 16;
// What is longer takes time to read.
constexpr std::size_t kMostBodyAtOnce = std::size_t{16} << 10U;

int hexValue(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// The path's parts, decoded; nothing when that cannot be done.
std::optional<std::vector<std::string>> partsOf(std::string_view path) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '/') {
            parts.emplace_back();
        } else if (path[i] != '%') {
            parts.back() += path[i];
        } else {
            const int high = i + 2 < path.size() ? hexValue(path[i + 1]) : -1;
            const int low = high >= 0 ? hexValue(path[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0)) {
                return std::nullopt;
            }
            parts.back() += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return parts;
}

std::string randomId() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string id;
    for (const char byte : identity::randomBytes(kIdBytes)) {
        id += kDigits[static_cast<unsigned char>(byte) >> 4];
        id += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return id;
}

/// Statements belong to a role and a person: another token of the same person may go on with them.
std::string ownerOf(const identity::Principal& principal) {
    if (!principal.context) {
        return principal.role;
    }
    const auto context = nlohmann::json::parse(*principal.context);
    return principal.role + "\n" + context.value("issuer", "") + "\n" + context.value("subject", "");
}

StorePages::Caller callerOf(const identity::Principal& principal) {
    StorePages::Caller caller{principal.role};
    if (principal.context) {
        const auto context = nlohmann::json::parse(*principal.context);
        caller.until = std::chrono::system_clock::time_point(std::chrono::seconds(context.at("expires")));
    }
    return caller;
}

std::string keyOf(const identity::Principal& principal, const std::string& id) {
    return ownerOf(principal) + "\n" + id;
}

Error noSuchPath() {
    return fail(ErrorCode::kNotFound, "there is nothing under this path", "see /api/v1/openapi.json");
}

HttpResponse methodNotAllowed(const char* allowed) {
    HttpResponse response = problemResponse(
        fail(ErrorCode::kUnimplemented, std::string("only these methods are possible here: ") + allowed));
    response.status = 405;
    response.headers.emplace_back("Allow", allowed);
    return response;
}

const char* kindOf(catalog::TableKind kind) {
    switch (kind) {
        case catalog::TableKind::kView:
            return "view";
        case catalog::TableKind::kForeignTable:
            return "foreign table";
        case catalog::TableKind::kMaterializedView:
            return "materialized view";
        default:
            return "table";
    }
}

ordered_json jsonOf(const catalog::Table& table) {
    ordered_json json = {{"schema", table.schema}, {"name", table.name}, {"kind", kindOf(table.kind)}};
    json["comment"] = table.comment;
    json["estimated_rows"] = table.estimated_rows ? ordered_json(*table.estimated_rows) : ordered_json(nullptr);
    return json;
}

Result<ordered_json> schemasOf(postgres::Connection& session) {
    ordered_json schemas = ordered_json::array();
    for (const catalog::Schema& schema : TSR_TRY(catalog::listSchemas(session))) {
        schemas.push_back({{"name", schema.name}, {"comment", schema.comment}, {"source", schema.source}});
    }
    return ordered_json{{"schemas", std::move(schemas)}};
}

Result<ordered_json> tablesOf(postgres::Connection& session, const std::string& schema) {
    ordered_json tables = ordered_json::array();
    for (const catalog::Table& table : TSR_TRY(catalog::listTables(session, schema))) {
        tables.push_back(jsonOf(table));
    }
    return ordered_json{{"tables", std::move(tables)}};
}

Result<ordered_json> tableOf(postgres::Connection& session, const std::string& schema, const std::string& table) {
    const catalog::TableDescription description = TSR_TRY(catalog::describeTable(session, schema, table));
    ordered_json json = jsonOf(description.table);
    json["source"] = description.source;
    json["columns"] = ordered_json::array();
    for (const catalog::Column& column : description.columns) {
        json["columns"].push_back({{"name", column.name},
                                   {"type", column.type_name},
                                   {"not_null", column.not_null},
                                   {"comment", column.comment},
                                   {"default", column.default_expression},
                                   {"key_position", column.key_position}});
    }
    return json;
}

Result<ordered_json> governanceOf(postgres::Connection& session, const std::string& list) {
    const std::string rows = TSR_TRY(catalog::listGovernance(session, list));
    return ordered_json{{list, ordered_json::parse(rows, nullptr, false)}};
}

}  // namespace

RestApi::RestApi(RestContext context, RestOptions options)
    : context_(std::move(context)),
      options_(std::move(options)),
      job_pages_(context_.jobs, context_.job_rights),
      store_pages_(context_.store, options_.allowed_origins),
      endpoint_pages_(context_.endpoints, context_.policies, context_.executor,
                      [this](const identity::Principal& principal, const std::shared_ptr<query::Interrupt>& interrupt,
                             Destination destination, std::function<std::unique_ptr<ResultWriter>()> make_writer) {
                          return makeStream(principal, interrupt, std::move(destination), std::move(make_writer));
                      }) {}

void RestApi::handle(gateway::HttpRequest request, std::shared_ptr<gateway::HttpExchange> exchange) {
    auto call = std::make_shared<Call>(Call{std::move(request), std::move(exchange), {}, {}});
    call->headers = corsHeaders(call->request);
    const std::string_view path = call->request.path;
    const auto parts =
        path.starts_with(kVersionPrefix) ? partsOf(path.substr(std::string_view(kVersionPrefix).size())) : std::nullopt;
    if (!parts) {
        answer(*call, problemResponse(noSuchPath()));
        return;
    }
    call->parts = *parts;
    if (call->request.method == "OPTIONS") {
        preflight(*call);
    } else if (call->parts == std::vector<std::string>{"openapi.json"}) {
        answer(*call, call->reads() ? HttpResponse{200, "application/json", openApi()} : methodNotAllowed("GET"));
    } else if (context_.throttle.delayLeft(call->request.peer.address, identity::SignInThrottle::kCalls).count() > 0) {
        HttpResponse response = problemResponse(
            fail(ErrorCode::kResourceExhausted, "too many failed sign-ins from this address", "wait a few seconds"));
        response.headers.emplace_back("Retry-After", "4");
        answer(*call, std::move(response));
    } else if (!callAtOnce(call) && !context_.workers.trySubmit([this, call] { run(call); })) {
        answer(*call, problemResponse(
                          fail(ErrorCode::kResourceExhausted, "the node has too many requests at once", "try again")));
    }
}

void RestApi::answer(Call& call, HttpResponse response) const {
    response.headers.insert(response.headers.end(), call.headers.begin(), call.headers.end());
    if (response.body.size() >= kLeastGzipBytes && call.wantsGzip()) {
        Gzip gzip;
        std::string packed = gzip.add(response.body);
        response.body = packed + gzip.finish();
        response.headers.emplace_back("Content-Encoding", "gzip");
    }
    call.exchange->respond(std::move(response));
}

void RestApi::answer(Call& call, const Result<ordered_json>& result) const {
    answer(call, result ? HttpResponse{200, "application/json",
                                       result->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"}
                        : problemResponse(result.error()));
}

// --- who may call ----------------------------------------------------------------------------------------------------

std::vector<std::pair<std::string, std::string>> RestApi::corsHeaders(const gateway::HttpRequest& request) const {
    const std::string origin(request.header("origin"));
    const auto& allowed = options_.allowed_origins;
    if (origin.empty() || std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) {
        return {{"Vary", "Origin, Accept, Accept-Encoding, Authorization, Tessera-Role"}};
    }
    return {{"Vary", "Origin, Accept, Accept-Encoding, Authorization, Tessera-Role"},
            {"Access-Control-Allow-Origin", origin},
            {"Access-Control-Expose-Headers",
             "Tessera-Query, Tessera-Cursor, Tessera-Fallback, Tessera-Partial, Tessera-Endpoint-Version, ETag, Link, "
             "Age, Retry-After"}};
}

void RestApi::preflight(Call& call) const {
    HttpResponse response{204, {}, {}, {}};
    // Without the first, a browser lets no page use the others.
    response.headers = {
        {"Access-Control-Allow-Methods", "GET, POST, DELETE"},
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, If-None-Match, Tessera-Role"},
        {"Access-Control-Max-Age", "600"}};
    answer(call, std::move(response));
}

Result<identity::Principal> RestApi::signIn(const Call& call) {
    const gateway::HttpPeer& peer = call.request.peer;
    if (!peer.is_protected) {
        return fail(ErrorCode::kUnauthenticated, "credentials are taken over an encrypted connection only",
                    "use https");
    }
    return context_.authenticator.authenticate(credentialsOf(call));
}

identity::CallCredentials RestApi::credentialsOf(const Call& call) {
    const gateway::HttpPeer& peer = call.request.peer;
    return {.authorization = StorePages::authorizationOf(call.request),
            .role = std::string(call.request.header("tessera-role")),
            .is_protected = peer.is_protected,
            .peer = peer.address,
            .protocol = "rest",
            .connection = peer.connection};
}

// --- what they ask ---------------------------------------------------------------------------------------------------

void RestApi::run(const std::shared_ptr<Call>& call) {
    auto principal = signIn(*call);
    if (!principal) {
        answer(*call, problemResponse(principal.error()));
        return;
    }
    call->principal = std::move(*principal);
    dispatch(call);
}

void RestApi::dispatch(const std::shared_ptr<Call>& call) {
    const std::string& method = call->request.method;
    const bool is_query = call->parts[0] == "query" && call->parts.size() <= 2;
    const bool is_whole = is_query && call->parts.size() == 1;
    Result<> taken;
    if (is_whole && method != "POST") {
        answer(*call, methodNotAllowed("POST"));
    } else if (is_whole) {
        taken = startQuery(call);
    } else if (is_query && method == "DELETE") {
        taken = cancelQuery(call);
    } else if (is_query && method == "GET") {
        taken = continueQuery(call);
    } else if (is_query) {
        answer(*call, methodNotAllowed("GET, DELETE"));
    } else if (call->parts[0] == "jobs" && !call->reads() &&
               std::string_view(JobPages::methodsOf(call->parts)).find(method) == std::string_view::npos) {
        answer(*call, methodNotAllowed(JobPages::methodsOf(call->parts)));
    } else if (call->parts[0] == "jobs") {
        answer(*call, job_pages_.answer(call->request, call->parts, call->principal.role));
    } else if (call->parts[0] == "endpoints") {
        endpoint_pages_.handle(endpointRequestOf(call));
    } else if (!call->reads()) {
        answer(*call, methodNotAllowed("GET"));
    } else if (call->parts[0] == "store" && call->parts.size() <= 2) {
        store_pages_.answer(call->request, call->parts, callerOf(call->principal), call->exchange,
                            [&](HttpResponse response) { answer(*call, std::move(response)); });
    } else {
        answer(*call, describe(*call));
    }
    if (!taken) {
        answer(*call, problemResponse(taken.error()));
    }
}

Result<ordered_json> RestApi::describe(const Call& call) {
    const auto& parts = call.parts;
    const bool is_catalog = parts[0] == "catalog" && parts.size() <= 3;
    const bool is_governance = parts[0] == "governance" && parts.size() == 2;
    if (!is_catalog && !is_governance && parts != std::vector<std::string>{"node"}) {
        return noSuchPath();
    }
    auto session = TSR_TRY(context_.sessions.acquire(call.principal));
    auto result = is_governance       ? governanceOf(session.connection(), parts[1])
                  : !is_catalog       ? describeNode(session.connection())
                  : parts.size() == 1 ? schemasOf(session.connection())
                  : parts.size() == 2 ? tablesOf(session.connection(), parts[1])
                                      : tableOf(session.connection(), parts[1], parts[2]);
    // Catalog queries leave nothing behind in a session.
    session.giveBackUnused();
    return result;
}

Result<ordered_json> RestApi::describeNode(Session& session) const {
    ordered_json sources = ordered_json::array();
    for (const catalog::SourceState& state : context_.facts.sources()) {
        sources.push_back({{"name", state.name},
                           {"connector", state.connector},
                           {"comment", state.comment},
                           {"schemas", state.schemas},
                           {"error", state.error}});
    }
    return ordered_json{{"name", context_.facts.name},
                        {"version", context_.facts.version},
                        {"postgres_version", TSR_TRY(session.queryValue("SHOW server_version")).value_or("")},
                        {"sources", std::move(sources)}};
}

EndpointRequest RestApi::endpointRequestOf(const std::shared_ptr<Call>& call) {
    return {call,           call->request,     call->parts,  call->principal, ownerOf(call->principal),
            call->exchange, call->wantsGzip(), call->headers};
}

bool RestApi::callAtOnce(const std::shared_ptr<Call>& call) {
    const bool is_call = call->parts.size() == 2 && call->parts[0] == "endpoints";
    if (!is_call || call->request.body.size() > kMostBodyAtOnce || !call->request.peer.is_protected) {
        return false;
    }
    auto principal = context_.authenticator.authenticateAtOnce(credentialsOf(*call));
    if (!principal || !*principal) {
        return false;
    }
    call->principal = std::move(**principal);
    return endpoint_pages_.handleAtOnce(endpointRequestOf(call));
}

Result<std::shared_ptr<query::Sink>> RestApi::makeStream(const identity::Principal& principal,
                                                         const std::shared_ptr<query::Interrupt>& interrupt,
                                                         Destination destination,
                                                         std::function<std::unique_ptr<ResultWriter>()> make_writer) {
    const std::string id = randomId();
    const std::string key = keyOf(principal, id);
    auto answer = std::make_shared<QueryAnswer>(
        QueryAnswer::Options{id, 0, options_.cursor_idle, std::move(make_writer), [this, key] { forget(key); }},
        interrupt, std::move(destination));
    TSR_TRY(keep(key, answer, false));
    return std::shared_ptr<query::Sink>(std::move(answer));
}

// --- statements ------------------------------------------------------------------------------------------------------

Result<> RestApi::startQuery(const std::shared_ptr<Call>& call) {
    if (!call->request.header("content-type").starts_with("application/json")) {
        return fail(ErrorCode::kInvalidArgument, "the body's Content-Type is not application/json");
    }
    QueryRequest request = TSR_TRY(readQueryRequest(call->request.body));
    const Format format = TSR_TRY(formatOf(call->request.header("accept")));
    const auto interrupt = std::make_shared<query::Interrupt>();
    if (request.statement.request_id.empty()) {
        request.statement.request_id = randomId();
    }
    const std::string& id = request.statement.request_id;
    const std::string key = keyOf(call->principal, id);
    auto query = std::make_shared<QueryAnswer>(
        QueryAnswer::Options{id, request.page_rows, options_.cursor_idle, nullptr, [this, key] { forget(key); }},
        interrupt, Destination{call->exchange, format, call->wantsGzip(), call->headers});
    TSR_TRY(keep(key, query, request.page_rows > 0));
    auto accepted = context_.executor.execute(call->principal, std::move(request.statement), interrupt, query);
    if (!accepted) {
        forget(key);
    }
    return accepted;
}

Result<> RestApi::continueQuery(const std::shared_ptr<Call>& call) {
    const Format format = TSR_TRY(formatOf(call->request.header("accept")));
    const auto query = find(keyOf(call->principal, call->parts[1]));
    if (!query) {
        return fail(ErrorCode::kNotFound, "there is no such cursor",
                    "it may have ended: one that nobody asks is closed after a while");
    }
    return query->nextPage({call->exchange, format, call->wantsGzip(), call->headers});
}

Result<> RestApi::cancelQuery(const std::shared_ptr<Call>& call) {
    const auto query = find(keyOf(call->principal, call->parts[1]));
    if (!query) {
        return fail(ErrorCode::kNotFound, "there is no such statement", "it may have ended");
    }
    query->cancel();
    answer(*call, HttpResponse{204, {}, {}, {}});
    return {};
}

Result<> RestApi::keep(const std::string& key, const std::shared_ptr<QueryAnswer>& query, bool is_paged) {
    const std::lock_guard lock(mutex_);
    const auto cursors =
        std::count_if(queries_.begin(), queries_.end(), [](const auto& entry) { return entry.second.is_paged; });
    if (is_paged && static_cast<std::size_t>(cursors) >= options_.max_cursors) {
        return fail(ErrorCode::kResourceExhausted, "too many cursors are open",
                    "read some to their end or delete them, or raise rest.max_cursors in the node's configuration");
    }
    if (!queries_.emplace(key, Running{query, is_paged}).second) {
        return fail(ErrorCode::kAlreadyExists, "a statement with this id is running");
    }
    return {};
}

std::shared_ptr<QueryAnswer> RestApi::find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = queries_.find(key);
    return found == queries_.end() ? nullptr : found->second.query;
}

void RestApi::forget(const std::string& key) {
    // Freed behind the lock.
    Running ended;
    const std::lock_guard lock(mutex_);
    if (const auto found = queries_.find(key); found != queries_.end()) {
        ended = std::move(found->second);
        queries_.erase(found);
    }
}

}  // namespace tessera::rest
