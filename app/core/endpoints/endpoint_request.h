#pragma once

/// A call of an endpoint as a person fills it in: what is wrong with values before they are sent, the request itself,
/// and the same as a command for a shell. Pure; any thread.

#include "nodeservice/client/endpoints_client.h"
#include "nodeservice/endpoints/definition/definition.h"

#include <QString>
#include <string>
#include <utility>
#include <vector>

namespace tessera::app {

struct EndpointRequest {
    /// By the endpoint's parameters and those of all endpoints ("limit", "sort", "fields", "cursor"); empty ones are
    /// not sent. Values of a list are separated by commas.
    std::vector<std::pair<std::string, std::string>> values;
    /// "json", "ndjson" or "csv".
    std::string format = "json";
};

/// Why the value will not do; empty: it will. An empty value stands for the default.
QString valueProblem(const endpoints::Parameter& parameter, const std::string& value);

/// GET with a query, or POST with JSON where the endpoint writes.
client::EndpointCall callOf(const endpoints::Definition& endpoint, const EndpointRequest& request);

/// For a POSIX shell. `node`: the address of a node, "https://node.example.org:7410".
std::string curlOf(const client::EndpointCall& call, const std::string& node);

/// A program of Python's standard library that makes the call, as the person of $TESSERA_USER ("name:password").
std::string pythonOf(const client::EndpointCall& call, const std::string& node);

/// The body as people read it: JSON on several lines, all else as it came.
QString shownBody(const client::EndpointAnswer& answer);

/// "200 OK"
QString statusText(int status);

}  // namespace tessera::app
