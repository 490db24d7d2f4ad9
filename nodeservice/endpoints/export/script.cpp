#include "nodeservice/endpoints/export/schema.h"

namespace tessera::endpoints {

namespace {

constexpr const char* kTypes = R"ts(
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Rows, and where the next page begins. */
export interface Page<Row> {
    items: Row[];
    /** The `cursor` of the next page; null behind the last row. */
    next: string | null;
}

/** What is wrong with one parameter. */
export interface ParameterProblem {
    parameter: string;
    value: string | null;
    detail: string;
    allowed?: string;
}

export interface ClientOptions {
    /** The node's address: "https://node.example.org:7410". */
    url: string;
    /** The header of this name, "Bearer …" or "Basic …"; a function is asked before each call. */
    authorization?: string | (() => string | Promise<string>);
    /** Instead of the global one. */
    fetch?: typeof fetch;
}

/** What the node refused, and why. */
export class TesseraError extends Error {
    constructor(
        message: string,
        /** Of HTTP. */
        readonly status: number,
        readonly sqlstate: string | undefined,
        readonly problems: ParameterProblem[],
    ) {
        super(message);
        this.name = "TesseraError";
    }
}

/** All rows of all pages: `for await (const row of eachRow((p) => client.orders(p), {}))`. */
export async function* eachRow<Parameters extends object, Row>(
    call: (parameters: Parameters) => Promise<Page<Row>>,
    parameters: Parameters,
): AsyncGenerator<Row> {
    let page = await call(parameters);
    yield* page.items;
    while (page.next !== null) {
        page = await call({ ...parameters, cursor: page.next });
        yield* page.items;
    }
}
)ts";

constexpr const char* kTypedRequest = R"ts(
export class TesseraClient {
    readonly #options: ClientOptions;

    constructor(options: ClientOptions) {
        this.#options = options;
    }

    async #call<Row>(name: string, parameters: object): Promise<Page<Row>> {
        const { url, authorization, fetch: ask = fetch } = this.#options;
        const headers: Record<string, string> = { "Content-Type": "application/json", Accept: "application/json" };
        const who = typeof authorization === "function" ? await authorization() : authorization;
        if (who !== undefined) {
            headers["Authorization"] = who;
        }
        const body = JSON.stringify(parameters, (_, value) => (typeof value === "bigint" ? value.toString() : value));
        const address = `${url.replace(/\/+$/, "")}/api/v1/endpoints/${name}`;
        const answer = await ask(address, { method: "POST", headers, body });
        const content: any = await answer.json().catch(() => ({}));
        if (!answer.ok) {
            const message = content.detail ?? `${name}: HTTP ${answer.status}`;
            throw new TesseraError(message, answer.status, content.sqlstate, content.problems ?? []);
        }
        return content;
    }
)ts";

constexpr const char* kDocumented = R"js(
/** @typedef {string | number | boolean | null | unknown[] | { [name: string]: unknown }} Json */

/**
 * Rows, and where the next page begins: `next` is the `cursor` of the next page, null behind the last row.
 * @template Row
 * @typedef {{ items: Row[], next: string | null }} Page
 */

/**
 * What is wrong with one parameter.
 * @typedef {{ parameter: string, value: string | null, detail: string, allowed?: string }} ParameterProblem
 */

/**
 * `url`: the node's address, "https://node.example.org:7410". `authorization`: the header of this name, "Bearer …" or
 * "Basic …"; a function is asked before each call. `fetch`: instead of the global one.
 * @typedef {{ url: string, authorization?: string | (() => string | Promise<string>), fetch?: typeof fetch }} ClientOptions
 */

/** What the node refused, and why. */
export class TesseraError extends Error {
    /**
     * @param {string} message
     * @param {number} status of HTTP
     * @param {string | undefined} sqlstate
     * @param {ParameterProblem[]} problems
     */
    constructor(message, status, sqlstate, problems) {
        super(message);
        this.name = "TesseraError";
        this.status = status;
        this.sqlstate = sqlstate;
        this.problems = problems;
    }
}

/**
 * All rows of all pages: `for await (const row of eachRow((p) => client.orders(p), {}))`.
 * @template {object} Parameters
 * @template Row
 * @param {(parameters: Parameters) => Promise<Page<Row>>} call
 * @param {Parameters} parameters
 * @returns {AsyncGenerator<Row>}
 */
export async function* eachRow(call, parameters) {
    let page = await call(parameters);
    yield* page.items;
    while (page.next !== null) {
        page = await call({ ...parameters, cursor: page.next });
        yield* page.items;
    }
}
)js";

constexpr const char* kDocumentedRequest = R"js(
export class TesseraClient {
    /** @type {ClientOptions} */
    #options;

    /** @param {ClientOptions} options */
    constructor(options) {
        this.#options = options;
    }

    /**
     * @param {string} name
     * @param {object} parameters
     * @returns {Promise<any>}
     */
    async #call(name, parameters) {
        const { url, authorization, fetch: ask = fetch } = this.#options;
        /** @type {Record<string, string>} */
        const headers = { "Content-Type": "application/json", Accept: "application/json" };
        const who = typeof authorization === "function" ? await authorization() : authorization;
        if (who !== undefined) {
            headers["Authorization"] = who;
        }
        const body = JSON.stringify(parameters, (_, value) => (typeof value === "bigint" ? value.toString() : value));
        const address = `${url.replace(/\/+$/, "")}/api/v1/endpoints/${name}`;
        const answer = await ask(address, { method: "POST", headers, body });
        const content = await answer.json().catch(() => ({}));
        if (!answer.ok) {
            const message = content.detail ?? `${name}: HTTP ${answer.status}`;
            throw new TesseraError(message, answer.status, content.sqlstate, content.problems ?? []);
        }
        return content;
    }
)js";

std::string quoted(const std::string& text) {
    return ordered_json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// As the inside of a comment: it must not end it.
std::string commentText(std::string text) {
    for (std::size_t at = text.find("*/"); at != std::string::npos; at = text.find("*/", at)) {
        text.replace(at, 2, "* /");
    }
    for (char& c : text) {
        c = c == '\n' || c == '\r' ? ' ' : c;
    }
    return text;
}

std::string typeOf(const Parameter& parameter) {
    std::string type;
    if (!parameter.choices.empty()) {
        const ordered_json schema = schemaOf(parameter);
        for (const ordered_json& choice : (parameter.is_list ? schema["items"] : schema)["enum"]) {
            type += (type.empty() ? "" : " | ") + choice.dump();
        }
    } else {
        switch (parameter.type) {
            case ParameterType::kInteger:
            case ParameterType::kDouble:
                type = "number";
                break;
            case ParameterType::kBigint:
                type = "string | number | bigint";
                break;
            case ParameterType::kNumeric:
                type = "string | number";
                break;
            case ParameterType::kBoolean:
                type = "boolean";
                break;
            case ParameterType::kJson:
                type = "Json";
                break;
            default:
                type = "string";
        }
    }
    return parameter.is_list ? "(" + type + ")[]" : type;
}

std::string typeOf(const Definition& definition, const ResultColumn& column) {
    const JsonKind kind = kindOf(definition, column);
    if (kind == JsonKind::kAny) {
        return "Json";
    }
    const std::string type = kind == JsonKind::kBoolean ? "boolean" : kind == JsonKind::kNumber ? "number" : "string";
    return column.is_not_null ? type : type + " | null";
}

struct Member {
    std::string name;
    std::string type;
    bool is_optional = false;
    std::string documentation;
};

std::vector<Member> parametersOf(const Published& endpoint) {
    std::vector<Member> members;
    for (const Parameter& parameter : endpoint.definition.parameters) {
        members.push_back({parameter.name, typeOf(parameter), !parameter.is_required, parameter.documentation});
    }
    for (const CommonParameter& common : commonParameters(endpoint)) {
        if (common.name == "sort") {
            std::string choices;
            for (const ordered_json& choice : common.schema["items"]["enum"]) {
                choices += (choices.empty() ? "" : " | ") + choice.dump();
            }
            members.push_back({"sort", "(" + choices + ")[]", true, common.documentation});
        } else if (common.name != "fields") {
            members.push_back({common.name, common.name == "limit" ? "number" : "string", true, common.documentation});
        }
    }
    return members;
}

/// As a property of an object.
std::string propertyOf(const std::string& name) {
    const bool is_plain =
        !name.empty() && (name[0] < '0' || name[0] > '9') &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
    return is_plain ? name : quoted(name);
}

std::vector<Member> fieldsOf(const Published& endpoint) {
    std::vector<Member> members;
    for (const ResultColumn& column : endpoint.columns) {
        members.push_back({propertyOf(column.name), typeOf(endpoint.definition, column), false, column.type});
    }
    return members;
}

class ScriptWriter {
  public:
    explicit ScriptWriter(bool has_types) : has_types_(has_types) {}

    std::string write(const PublishedList& endpoints) {
        out_ = std::string("// Types and a client of endpoints, made by `tessera endpoint types ") +
               (has_types_ ? "--ts" : "--jsdoc") + "`: not to be edited.\n";
        out_ += has_types_ ? kTypes : kDocumented;
        for (const auto& endpoint : endpoints) {
            const std::string name = pascalCase(endpoint->definition.name);
            writeType(name + "Parameters", parametersOf(*endpoint));
            writeType(name + "Row", fieldsOf(*endpoint));
        }
        out_ += has_types_ ? kTypedRequest : kDocumentedRequest;
        for (const auto& endpoint : endpoints) {
            writeMethod(*endpoint);
        }
        return out_ + "}\n";
    }

  private:
    void writeType(const std::string& name, const std::vector<Member>& members) {
        if (has_types_) {
            out_ += "\nexport type " + name + " = {\n";
        } else {
            out_ += "\n/**\n * @typedef {{\n";
        }
        for (const Member& member : members) {
            if (has_types_ && !member.documentation.empty()) {
                out_ += "    /** " + commentText(member.documentation) + " */\n";
            }
            out_ += (has_types_ ? "    " : " *     ") + member.name + (member.is_optional ? "?: " : ": ") +
                    member.type + (has_types_ ? ";\n" : ",\n");
        }
        out_ += has_types_ ? "};\n" : " * }} " + name + "\n */\n";
    }

    void writeMethod(const Published& endpoint) {
        const Definition& definition = endpoint.definition;
        const std::string name = pascalCase(definition.name);
        std::string method = name;
        method[0] = static_cast<char>(method[0] - 'A' + 'a');
        method += method == "constructor" ? "_" : "";
        bool is_optional = true;
        for (const Parameter& parameter : definition.parameters) {
            is_optional = is_optional && !parameter.is_required;
        }
        const bool has_fields = !definition.writes && !endpoint.columns.empty();
        const std::string row = has_fields ? "Pick<" + name + "Row, Field>" : name + "Row";
        const std::string given = name + "Parameters" + (has_fields ? " & { fields?: Field[] }" : "");
        const std::string documentation =
            commentText(definition.documentation.empty() ? definition.name : definition.documentation);
        const std::string call = "return this.#call(" + quoted(definition.name) + ", parameters);\n    }\n";
        if (has_types_) {
            out_ += "\n    /** " + documentation + " */\n    " + method +
                    (has_fields ? "<Field extends keyof " + name + "Row = keyof " + name + "Row>" : "") +
                    "(\n        parameters: " + given + (is_optional ? " = {}" : "") + ",\n    ): Promise<Page<" + row +
                    ">> {\n        " + call;
        } else {
            out_ += "\n    /**\n     * " + documentation + "\n" +
                    (has_fields ? "     * @template {keyof " + name + "Row} [Field=keyof " + name + "Row]\n" : "") +
                    "     * @param {" + given + "} " + (is_optional ? "[parameters]" : "parameters") +
                    "\n     * @returns {Promise<Page<" + row + ">>}\n     */\n    " + method + "(parameters" +
                    (is_optional ? " = {}" : "") + ") {\n        " + call;
        }
    }

    const bool has_types_;
    std::string out_;
};

}  // namespace

std::string scriptOf(const PublishedList& endpoints, bool has_types) {
    return ScriptWriter(has_types).write(endpoints);
}

}  // namespace tessera::endpoints
