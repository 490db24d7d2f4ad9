#include "nodeservice/rest/endpoint_pages.h"

#include "common/log.h"
#include "nodeservice/endpoints/export/export.h"
#include "nodeservice/rest/endpoint_answer.h"
#include "nodeservice/rest/endpoint_writer.h"
#include "nodeservice/rest/problem.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tessera::rest {

namespace {

using endpoints::Published;
using gateway::HttpResponse;
using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// Smaller answers get no shorter.
constexpr std::size_t kLeastGzipBytes = 1024;

// Of an answer that is packed by the thread of all connections.
constexpr std::size_t kMostBriefGzipBytes = std::size_t{16} << 10U;

std::string packed(const std::string& body) {
    Gzip gzip;
    std::string packed = gzip.add(body);
    return packed += gzip.finish();
}

void respond(const EndpointRequest& request, HttpResponse response) {
    response.headers.insert(response.headers.begin(), request.headers.begin(), request.headers.end());
    if (response.body.size() >= kLeastGzipBytes && request.wants_gzip) {
        response.body = packed(response.body);
        response.headers.emplace_back("Content-Encoding", "gzip");
    }
    request.exchange->respond(std::move(response));
}

std::string textOf(const ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

HttpResponse methodNotAllowed(const char* allowed) {
    HttpResponse response = problemResponse(
        fail(ErrorCode::kUnimplemented, std::string("only these methods are possible here: ") + allowed));
    response.status = 405;
    response.headers.emplace_back("Allow", allowed);
    return response;
}

/// All that is wrong with the parameters; what is wrong with the first stands beside the detail, too.
HttpResponse refusal(const std::vector<endpoints::Problem>& problems) {
    ordered_json list = ordered_json::array();
    for (const endpoints::Problem& problem : problems) {
        ordered_json one = {{"parameter", problem.parameter}};
        one["value"] = problem.value ? ordered_json(*problem.value) : ordered_json(nullptr);
        one["detail"] = problem.message;
        if (!problem.allowed.empty()) {
            one["allowed"] = problem.allowed;
        }
        list.push_back(std::move(one));
    }
    ordered_json body =
        problemOf(fail(ErrorCode::kInvalidArgument, problems.front().message, problems.front().allowed));
    body["parameter"] = list[0]["parameter"];
    body["value"] = list[0]["value"];
    body["problems"] = std::move(list);
    return {400, "application/problem+json", textOf(body), {}};
}

/// Of the query string and, for POST, of the body.
Result<std::vector<endpoints::Given>> givenIn(const gateway::HttpRequest& request) {
    auto all = TSR_TRY(endpoints::givenInQuery(request.query));
    if (request.method != "POST" || request.body.empty()) {
        return all;
    }
    std::vector<endpoints::Given> more;
    const std::string_view type = request.header("content-type");
    if (type.starts_with("application/json")) {
        more = TSR_TRY(endpoints::givenInBody(request.body));
    } else if (type.starts_with("application/x-www-form-urlencoded")) {
        more = TSR_TRY(endpoints::givenInQuery(request.body));
    } else {
        return fail(ErrorCode::kInvalidArgument, "the body's Content-Type is not application/json");
    }
    for (endpoints::Given& one : more) {
        const auto same =
            std::find_if(all.begin(), all.end(), [&](const endpoints::Given& other) { return other.name == one.name; });
        if (same == all.end()) {
            all.push_back(std::move(one));
        } else {
            same->values.insert(same->values.end(), one.values.begin(), one.values.end());
        }
    }
    return all;
}

/// What another answer can stand in for: it is not the caller's fault, and may be over soon.
bool isOutage(const Error& error) {
    return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded;
}

Result<Format> formatFor(const endpoints::Call& call, std::string_view accept) {
    static const std::vector<std::pair<std::string, Format>> kFormats = {{"json", Format::kJson},
                                                                         {"ndjson", Format::kNdjson},
                                                                         {"csv", Format::kCsv},
                                                                         {"arrow", Format::kArrow},
                                                                         {"parquet", Format::kParquet}};
    for (const auto& [name, format] : kFormats) {
        if (name == call.format) {
            return format;
        }
    }
    return formatOf(accept);
}

/// The address of the next page: this one's, with another cursor.
std::string nextLink(const gateway::HttpRequest& request, const std::string& cursor) {
    std::string query;
    std::string_view rest = request.query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (!pair.empty() && !pair.starts_with("cursor=")) {
            query += std::string(pair) + "&";
        }
    }
    return "<" + request.path + "?" + query + "cursor=" + cursor + ">; rel=\"next\"";
}

/// Sends one that was made or kept; 304 when the caller has it.
void send(const EndpointRequest& request, const Published& endpoint, const KeptAnswer& answer) {
    // Nobody keeps what is partial, nor has it already.
    const bool is_whole = !answer.fallback.isPartial();
    const std::int64_t max_age = is_whole ? endpoint.definition.max_age_seconds : 0;
    HttpResponse response{200, answer.content_type, {}, {}};
    response.headers.reserve(9 + request.headers.size());
    response.headers.emplace_back("Tessera-Endpoint-Version", std::to_string(endpoint.version));
    if (!is_whole) {
        response.headers.emplace_back("Cache-Control", "no-store");
    } else if (!endpoint.definition.writes) {
        response.headers.emplace_back("ETag", answer.tag);
        const std::int64_t stale = endpoint.definition.stale_seconds;
        response.headers.emplace_back("Cache-Control",
                                      "private, max-age=" + std::to_string(max_age) +
                                          (stale > 0 ? ", stale-if-error=" + std::to_string(stale) : std::string()));
    }
    if (Clock::now() >= answer.until && max_age > 0 && answer.stale_until > answer.until) {
        response.headers.emplace_back(kFallbackHeader, "stale");
    } else {
        answer.fallback.addTo(response.headers);
    }
    if (max_age > 0) {
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - answer.made).count();
        response.headers.emplace_back("Age", std::to_string(age));
    }
    if (!answer.cursor.empty()) {
        response.headers.emplace_back("Tessera-Cursor", answer.cursor);
        if (request.http.method != "POST") {
            response.headers.emplace_back("Link", nextLink(request.http, answer.cursor));
        }
    }
    const std::string_view known = request.http.header("if-none-match");
    const bool is_known = known == "*" || known.find(answer.tag.substr(2)) != std::string_view::npos;
    if (!known.empty() && is_known && is_whole && !endpoint.definition.writes) {
        response.status = 304;
    } else if (request.wants_gzip && answer.packed) {
        response.shared_body = answer.packed;
        response.headers.emplace_back("Content-Encoding", "gzip");
    } else if (request.wants_gzip && answer.body->size() >= kLeastGzipBytes) {
        response.body = *answer.body;
    } else {
        response.shared_body = answer.body;
    }
    respond(request, std::move(response));
}

}  // namespace

void EndpointPages::handle(const EndpointRequest& request) {
    endpoints::Endpoints* all = endpoints_();
    if (all == nullptr) {
        respond(request, problemResponse(fail(ErrorCode::kUnavailable, "the node has no endpoints yet", "try again")));
        return;
    }
    if (request.parts.size() > 2) {
        respond(request, problemResponse(fail(ErrorCode::kNotFound, "there is nothing under this path",
                                              "an endpoint is at /api/v1/endpoints/NAME")));
        return;
    }
    const bool is_call = request.parts.size() == 2 && request.parts[1].find('.') == std::string::npos;
    if (is_call) {
        answerCall(*all, request, all->find(request.parts[1]), false);
        return;
    }
    if (request.http.method != "GET" && request.http.method != "HEAD") {
        respond(request, methodNotAllowed("GET"));
        return;
    }
    if (request.parts.size() == 2) {
        auto described = description(*all, request);
        respond(request, described ? std::move(*described) : problemResponse(described.error()));
        return;
    }
    const auto listed = list(*all, request);
    respond(request,
            listed ? HttpResponse{200, "application/json", textOf(*listed), {}} : problemResponse(listed.error()));
}

bool EndpointPages::handleAtOnce(const EndpointRequest& request) {
    endpoints::Endpoints* all = endpoints_();
    if (all == nullptr || request.parts.size() != 2 || request.parts[1].find('.') != std::string::npos) {
        return false;
    }
    auto found = all->findAtHand(request.parts[1]);
    if (!found) {
        return false;
    }
    answerCall(*all, request, std::move(*found), true);
    return true;
}

void EndpointPages::answerCall(endpoints::Endpoints& all, const EndpointRequest& request, Found found, bool at_once) {
    if (auto taken = call(all, request, std::move(found), at_once); !taken) {
        respond(request, problemResponse(taken.error()));
    }
}

/// Those that the caller may call.
Result<ordered_json> EndpointPages::list(endpoints::Endpoints& all, const EndpointRequest& request) const {
    ordered_json list = ordered_json::array();
    for (const auto& served : TSR_TRY(all.callable(request.principal.role))) {
        const Published& endpoint = *served;
        ordered_json parameters = ordered_json::array();
        for (const endpoints::Parameter& parameter : endpoint.definition.parameters) {
            parameters.push_back({{"name", parameter.name},
                                  {"type", std::string(nameOf(parameter.type)) + (parameter.is_list ? "[]" : "")},
                                  {"required", parameter.is_required},
                                  {"documentation", parameter.documentation}});
        }
        ordered_json fields = ordered_json::array();
        for (const endpoints::ResultColumn& column : endpoint.columns) {
            fields.push_back({{"name", column.name}, {"type", column.type}, {"not_null", column.is_not_null}});
        }
        list.push_back({{"name", endpoint.definition.name},
                        {"version", endpoint.version},
                        {"documentation", endpoint.definition.documentation},
                        {"tags", endpoint.definition.tags},
                        {"writes", endpoint.definition.writes},
                        {"parameters", std::move(parameters)},
                        {"fields", std::move(fields)}});
    }
    return ordered_json{{"endpoints", std::move(list)}};
}

Result<HttpResponse> EndpointPages::description(endpoints::Endpoints& all, const EndpointRequest& request) const {
    struct Page {
        const char* name;
        endpoints::ExportFormat format;
        const char* content_type;
    };

    using endpoints::ExportFormat;
    static constexpr std::array<Page, 6> kPages = {
        {{"openapi.json", ExportFormat::kOpenApi, "application/json"},
         {"schema.json", ExportFormat::kJsonSchema, "application/schema+json"},
         {"client.ts", ExportFormat::kTypeScript, "text/typescript; charset=utf-8"},
         {"client.js", ExportFormat::kJsDoc, "text/javascript; charset=utf-8"},
         {"client.py", ExportFormat::kPython, "text/x-python; charset=utf-8"},
         {"client.go", ExportFormat::kGo, "text/x-go; charset=utf-8"}}};
    for (const Page& page : kPages) {
        if (request.parts[1] == page.name) {
            return HttpResponse{
                200, page.content_type, exportAs(page.format, TSR_TRY(all.callable(request.principal.role))), {}};
        }
    }
    return fail(ErrorCode::kNotFound, "there is nothing under this path",
                "openapi.json, schema.json, client.ts, client.js and client.py describe the endpoints");
}

Result<> EndpointPages::call(endpoints::Endpoints& all, const EndpointRequest& request, Found found, bool at_once) {
    const auto endpoint = TSR_TRY(std::move(found));
    TSR_TRY(all.checkCall(*endpoint, request.principal.role));
    all.countCall(request.parts[1], request.principal.role);
    const endpoints::Definition& definition = endpoint->definition;
    const std::string& method = request.http.method;
    const bool is_right =
        definition.writes ? method == "POST" : method == "GET" || method == "HEAD" || method == "POST";
    if (!is_right) {
        respond(request, methodNotAllowed(definition.writes ? "POST" : "GET, POST"));
        return {};
    }
    if (definition.rate) {
        const auto wait = rates_.take(definition.name + "\n" + request.owner, definition.rate->requests,
                                      std::chrono::seconds(definition.rate->seconds), Clock::now());
        if (wait) {
            HttpResponse response = problemResponse(fail(ErrorCode::kResourceExhausted,
                                                         "the endpoint '" + definition.name + "' may be called " +
                                                             std::to_string(definition.rate->requests) + " times in " +
                                                             std::to_string(definition.rate->seconds) + " s",
                                                         "try again in " + std::to_string(wait->count()) + " s"));
            response.headers.emplace_back("Retry-After", std::to_string(wait->count()));
            respond(request, std::move(response));
            return {};
        }
    }
    endpoints::ReadCall read = readCall(*endpoint, TSR_TRY(givenIn(request.http)));
    if (!read.problems.empty()) {
        respond(request, refusal(read.problems));
        return {};
    }
    return run(request, endpoint, std::move(read.call), at_once);
}

/// What a call of the executor has in any case.
query::Executor::Call EndpointPages::makeCall(const EndpointRequest& request,
                                              const std::shared_ptr<const Published>& endpoint,
                                              const endpoints::Call& call, endpoints::Statement made, bool at_once) {
    query::Executor::Call started;
    started.principal = request.principal;
    query::Statement& statement = started.statement;
    statement.sql = std::move(made.sql);
    for (auto& value : made.parameters) {
        statement.parameters.push_back({std::move(value), {}});
    }
    statement.timeout_ms = static_cast<std::uint32_t>(endpoint->definition.timeout_ms);
    statement.is_of_endpoint = true;
    statement.is_read_only = !endpoint->definition.writes;
    statement.is_prepared = statement.is_read_only;
    statement.skips_missing_shards = endpoint->definition.may_be_partial;
    for (const std::size_t field : call.fields) {
        statement.column_types.push_back(endpoint->columns[field].type);
    }
    statement.column_types.resize(call.fields.size() + made.cursor_columns, "text");
    if (request.wants_gzip) {
        started.brief_bytes = kMostBriefGzipBytes;
    }
    if (at_once && statement.is_prepared) {
        started.when_readable = [exchange = request.exchange](int descriptor, Clock::time_point until,
                                                              std::function<void()> then) {
            return exchange->whenReadable(descriptor, until, std::move(then));
        };
    }
    return started;
}

Result<> EndpointPages::run(const EndpointRequest& request, const std::shared_ptr<const Published>& endpoint,
                            endpoints::Call call, bool at_once) {
    const endpoints::Definition& definition = endpoint->definition;
    const Format format = TSR_TRY(formatFor(call, request.http.header("accept")));
    const bool is_kept = definition.max_age_seconds > 0;
    std::string key;
    // Read before the statement: what is kept under it was computed under these policies or later ones.
    const std::uint64_t policies = is_kept ? policies_() : 0;
    if (is_kept) {
        // Policies may judge by any claim of a token.
        key = request.owner + "\n" + (request.principal.context ? *request.principal.context : std::string()) + "\n" +
              std::to_string(static_cast<int>(format)) + "\n" + keyOf(*endpoint, call) + "\n" +
              endpoints_()->stampOf(*endpoint) + "\n" + std::to_string(policies);
        if (const auto kept = cache_.find(key, Clock::now())) {
            send(request, *endpoint, *kept);
            return {};
        }
    }
    endpoints::Statement made = statementOf(*endpoint, call);
    const std::size_t cursor_columns = made.cursor_columns;
    query::Executor::Call started = makeCall(request, endpoint, call, std::move(made), at_once);
    const auto interrupt = std::make_shared<query::Interrupt>();
    started.interrupt = interrupt;
    // What outlives this call of it.
    const auto kept = std::make_shared<const EndpointRequest>(request);
    // What is missing may be known at the end only.
    if (!is_kept && !definition.paging && !definition.writes && !definition.may_be_partial) {
        started.make_sink = [this, kept, endpoint, format, interrupt] {
            auto headers = kept->headers;
            headers.emplace_back("Tessera-Endpoint-Version", std::to_string(endpoint->version));
            return stream_(kept->principal, interrupt, {kept->exchange, format, kept->wants_gzip, std::move(headers)},
                           [endpoint, format] { return makeEndpointWriter(format, *endpoint); });
        };
    }
    EndpointAnswer::Options options{
        .endpoint = endpoint,
        .call = std::move(call),
        .cursor_columns = cursor_columns,
        .respond =
            [this, kept, endpoint, key, is_kept, policies](const std::shared_ptr<const KeptAnswer>& answer) {
                auto dated = std::make_shared<KeptAnswer>(*answer);
                dated->made = Clock::now();
                dated->until = dated->made + std::chrono::seconds(endpoint->definition.max_age_seconds);
                dated->stale_until = dated->until + std::chrono::seconds(endpoint->definition.stale_seconds);
                if (is_kept && answer->fallback.isPartial()) {
                    const bool holds = policies_() == policies;
                    const auto stale = holds ? cache_.findStale(key, Clock::now()) : nullptr;
                    send(*kept, *endpoint, stale ? *stale : *answer);
                    return;
                }
                if (is_kept) {
                    if (answer->body->size() >= kLeastGzipBytes) {
                        dated->packed = std::make_shared<const std::string>(packed(*answer->body));
                    }
                    cache_.keep(key, dated);
                }
                if (endpoint->definition.writes) {
                    invalidateWith(*endpoint);
                }
                send(*kept, *endpoint, *dated);
            },
        .refuse =
            [this, kept, endpoint, key, policies](const Error& error) {
                const bool may_stand_in = isOutage(error) && !key.empty() && policies_() == policies;
                const auto stale = may_stand_in ? cache_.findStale(key, Clock::now()) : nullptr;
                if (stale) {
                    send(*kept, *endpoint, *stale);
                } else {
                    respond(*kept, problemResponse(error));
                }
            }};
    started.brief_sink = std::make_shared<EndpointAnswer>(std::move(options), interrupt, request.exchange, format);
    return executor_.execute(std::move(started));
}

/// What it has written is in answers from now on.
void EndpointPages::invalidateWith(const Published& written) {
    if (written.definition.tags.empty()) {
        return;
    }
    if (const auto done = endpoints_()->invalidate(written.definition.tags); !done) {
        log::warn("endpoints.not_invalidated",
                  {{"endpoint", written.definition.name}, {"reason", done.error().message}});
    }
}

}  // namespace tessera::rest
