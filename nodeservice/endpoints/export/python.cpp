#include "nodeservice/endpoints/export/schema.h"

#include <algorithm>
#include <array>
#include <set>

namespace tessera::endpoints {

namespace {

constexpr const char* kHead =
    R"py("""Types and a client of endpoints, made by `tessera endpoint types --python`: not to be edited.

Python 3.11 and later; nothing else is needed.

    client = TesseraClient("https://node.example.org:7410", authorization=lambda: f"Bearer {token()}")
    page = client.orders_by_country(country="France", limit=10)
    for row in each_row(client.orders_by_country, country="France"):
        ...
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, NotRequired, Required, TypedDict, TypeVar, Unpack

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, and where the next page begins."""

    items: list[Row]
    #: The `cursor` of the next page; None behind the last row.
    next: str | None


class TesseraError(Exception):
    """What the node refused, and why."""

    def __init__(self, message: str, status: int, sqlstate: str | None, problems: list[dict[str, Any]]) -> None:
        super().__init__(message)
        #: Of HTTP.
        self.status = status
        self.sqlstate = sqlstate
        #: What is wrong with each parameter: "parameter", "value", "detail" and "allowed".
        self.problems = problems


def basic(user: str, password: str) -> str:
    """The authorization of a user with a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def each_row(call: Callable[..., Page[Row]], **parameters: Any) -> Iterator[Row]:
    """All rows of all pages."""
    page = call(**parameters)
    yield from page.items
    while page.next is not None:
        page = call(**{**parameters, "cursor": page.next})
        yield from page.items


def _json_of(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
)py";

constexpr const char* kClient = R"py(

class TesseraClient:
    """Calls endpoints of the node at `url` ("https://node.example.org:7410").

    `authorization`: the header of this name, "Bearer …" or basic(…); a function is asked before each call.
    """

    def __init__(
        self, url: str, authorization: str | Callable[[], str] | None = None, timeout_seconds: float = 60
    ) -> None:
        self._url = url.rstrip("/")
        self._authorization = authorization
        self._timeout_seconds = timeout_seconds

    def _call(self, name: str, parameters: Any) -> Page[Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        who = self._authorization() if callable(self._authorization) else self._authorization
        if who is not None:
            headers["Authorization"] = who
        given = {key: value for key, value in parameters.items() if value is not None}
        request = urllib.request.Request(
            f"{self._url}/api/v1/endpoints/{name}",
            data=json.dumps(given, default=_json_of).encode(),
            headers=headers,
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds) as answer:
                content = json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                problem = json.load(error)
            except ValueError:
                problem = {}
            message = problem.get("detail") or f"{name}: HTTP {error.code}"
            raise TesseraError(message, error.code, problem.get("sqlstate"), problem.get("problems", [])) from None
        return Page(items=content["items"], next=content.get("next"))
)py";

/// JSON's texts are Python's, too.
std::string quoted(const std::string& text) {
    return ordered_json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string oneLine(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\f' || c == '\v'; }, ' ');
    return text;
}

/// A documentation string cannot hold its own end, and a backslash in it means something.
std::string documentationText(const std::string& text) {
    std::string safe;
    for (const char c : oneLine(text)) {
        safe += c == '"' ? '\'' : c == '\\' ? '/' : c;
    }
    return safe;
}

std::string literalOf(const ordered_json& choices) {
    std::string list;
    for (const ordered_json& choice : choices) {
        list += list.empty() ? "" : ", ";
        list += choice.is_boolean() ? (choice.get<bool>() ? "True" : "False")
                                    : choice.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    return "Literal[" + list + "]";
}

std::string typeOf(ParameterType type) {
    switch (type) {
        case ParameterType::kInteger:
            return "int";
        case ParameterType::kDouble:
            return "float";
        case ParameterType::kBigint:
            return "int | str";
        case ParameterType::kNumeric:
            return "decimal.Decimal | int | str";
        case ParameterType::kBoolean:
            return "bool";
        case ParameterType::kDate:
            return "datetime.date | str";
        case ParameterType::kTime:
            return "datetime.time | str";
        case ParameterType::kTimestamp:
        case ParameterType::kTimestamptz:
            return "datetime.datetime | str";
        case ParameterType::kUuid:
            return "uuid.UUID | str";
        case ParameterType::kJson:
            return "Any";
        case ParameterType::kText:
            break;
    }
    return "str";
}

std::string typeOf(const Parameter& parameter) {
    const bool is_literal = !parameter.choices.empty() && parameter.type != ParameterType::kDouble;
    const ordered_json schema = schemaOf(parameter);
    const std::string type =
        is_literal ? literalOf((parameter.is_list ? schema["items"] : schema)["enum"]) : typeOf(parameter.type);
    return parameter.is_list ? "list[" + type + "]" : type;
}

std::string typeOf(const Definition& definition, const ResultColumn& column) {
    const JsonKind kind = kindOf(definition, column);
    if (kind == JsonKind::kAny) {
        return "Any";
    }
    const std::string type = kind == JsonKind::kBoolean ? "bool"
                             : kind == JsonKind::kText  ? "str"
                             : isWhole(column)          ? "int"
                                                        : "float";
    return column.is_not_null ? type : type + " | None";
}

struct Member {
    std::string name;
    std::string type;
    std::string documentation;
};

std::vector<Member> parametersOf(const Published& endpoint) {
    std::vector<Member> members;
    for (const Parameter& parameter : endpoint.definition.parameters) {
        members.push_back({parameter.name,
                           (parameter.is_required ? "Required[" : "NotRequired[") + typeOf(parameter) +
                               (parameter.is_required ? "]" : " | None]"),
                           parameter.documentation});
    }
    for (const CommonParameter& common : commonParameters(endpoint)) {
        const bool is_list = common.schema.contains("items");
        const std::string type = is_list                  ? "list[" + literalOf(common.schema["items"]["enum"]) + "]"
                                 : common.name == "limit" ? std::string("int")
                                                          : std::string("str");
        members.push_back({common.name, "NotRequired[" + type + " | None]", common.documentation});
    }
    return members;
}

std::vector<Member> fieldsOf(const Published& endpoint) {
    std::vector<Member> members;
    for (const ResultColumn& column : endpoint.columns) {
        members.push_back({column.name, typeOf(endpoint.definition, column), column.type});
    }
    return members;
}

/// "orders-by-country" as "orders_by_country", and no word of Python's or name of the client's own.
std::string methodName(const std::string& name, std::set<std::string>& taken) {
    static const std::set<std::string> kWords = {
        "and",      "as",     "assert",  "async", "await", "break",  "class", "continue", "def",  "del",  "elif",
        "else",     "except", "finally", "for",   "from",  "global", "if",    "import",   "in",   "is",   "lambda",
        "nonlocal", "not",    "or",      "pass",  "raise", "return", "try",   "while",    "with", "yield"};
    std::string method;
    for (const char c : name) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        method += is_plain ? c : '_';
    }
    while (kWords.contains(method) || !taken.insert(method).second) {
        method += '_';
    }
    return method;
}

/// In the form that takes any name: a column's may be no identifier, a parameter's a word of Python's.
std::string typedDict(const std::string& name, const std::vector<Member>& members) {
    std::string out = "\n" + name + " = TypedDict(\n    " + quoted(name) + ",\n    {\n";
    for (const Member& member : members) {
        if (!member.documentation.empty()) {
            out += "        # " + oneLine(member.documentation) + "\n";
        }
        out += "        " + quoted(member.name) + ": " + member.type + ",\n";
    }
    return out + "    },\n)\n";
}

std::string methodOf(const Published& endpoint, std::set<std::string>& taken) {
    const Definition& definition = endpoint.definition;
    const std::string name = pascalCase(definition.name);
    return "\n    def " + methodName(definition.name, taken) + "(self, /, **parameters: Unpack[" + name +
           "Parameters]) -> Page[" + name + "Row]:\n        \"\"\"" +
           documentationText(definition.documentation.empty() ? definition.name : definition.documentation) +
           "\"\"\"\n        return self._call(" + quoted(definition.name) + ", parameters)\n";
}

}  // namespace

std::string pythonOf(const PublishedList& endpoints) {
    std::string out = kHead;
    for (const auto& endpoint : endpoints) {
        const std::string name = pascalCase(endpoint->definition.name);
        out += typedDict(name + "Parameters", parametersOf(*endpoint));
        out += typedDict(name + "Row", fieldsOf(*endpoint));
    }
    out += kClient;
    std::set<std::string> taken;
    for (const auto& endpoint : endpoints) {
        out += methodOf(*endpoint, taken);
    }
    return out;
}

}  // namespace tessera::endpoints
