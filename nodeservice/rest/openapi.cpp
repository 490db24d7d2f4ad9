#include "nodeservice/rest/rest_api.h"

namespace tessera::rest {

const std::string& openApi() {
    static const std::string kText = R"json({
"openapi": "3.1.0",
"info": {"title": "Tessera node", "version": "1",
  "description": "SQL and the catalog of one node, as the person that the token or password names. Errors are problem details (RFC 9457)."},
"servers": [{"url": "/api/v1"}],
"security": [{"token": []}, {"password": []}],
"paths": {
  "/query": {"post": {
    "summary": "Run one SQL statement",
    "description": "Rows come as they are made. With page_rows the answer has as many rows at most, and the header Tessera-Cursor (in JSON also the member cursor) when there are more. An error after the first rows breaks the answer off; in JSON it is the member error.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Query"}}}},
    "responses": {"200": {"$ref": "#/components/responses/Rows"}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/query/{id}": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "get": {"summary": "The next page of a cursor",
      "responses": {"200": {"$ref": "#/components/responses/Rows"}, "default": {"$ref": "#/components/responses/Problem"}}},
    "delete": {"summary": "Cancel a running statement, or close a cursor",
      "responses": {"204": {"description": "It is being stopped."}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/catalog": {"get": {"summary": "The schemas that the person may use",
    "responses": {"200": {"description": "Schemas", "content": {"application/json": {"schema": {"type": "object", "properties": {
      "schemas": {"type": "array", "items": {"$ref": "#/components/schemas/Schema"}}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/catalog/{schema}": {"get": {"summary": "The tables of a schema",
    "parameters": [{"name": "schema", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "Tables", "content": {"application/json": {"schema": {"type": "object", "properties": {
      "tables": {"type": "array", "items": {"$ref": "#/components/schemas/Table"}}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/catalog/{schema}/{table}": {"get": {"summary": "A table and its columns",
    "parameters": [{"name": "schema", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "table", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "Table", "content": {"application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/Table"},
      {"type": "object", "properties": {"source": {"type": "string"}, "columns": {"type": "array", "items": {"$ref": "#/components/schemas/Column"}}}}]}}}},
      "default": {"$ref": "#/components/responses/Problem"}}}},
  "/node": {"get": {"summary": "The node and its sources",
    "responses": {"200": {"description": "Node", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}},
      "default": {"$ref": "#/components/responses/Problem"}}}},
  "/governance/{list}": {"get": {"summary": "Who may what: for members of the role tessera_governor",
    "description": "The lists of the schema tessera_governance, which SQL reads as well. Members of tessera_administrator change who is denied by statements on tessera_governance.denied: INSERT and DELETE through /query.",
    "parameters": [{"name": "list", "in": "path", "required": true, "schema": {"enum": ["denied", "grants", "masks", "policies", "roles", "users"]}}],
    "responses": {"200": {"description": "The list, as the member of its name", "content": {"application/json": {"schema": {"type": "object", "properties": {
      "denied": {"type": "array", "items": {"$ref": "#/components/schemas/Denial"}},
      "grants": {"type": "array", "items": {"$ref": "#/components/schemas/Grant"}},
      "masks": {"type": "array", "items": {"$ref": "#/components/schemas/Mask"}},
      "policies": {"type": "array", "items": {"$ref": "#/components/schemas/Policy"}},
      "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
      "users": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/store": {"get": {"summary": "The node's member of the replicated store: role, term, indices, the other members",
    "description": "The message StoreStatusResponse of nodeservice/proto/store.proto as JSON; integers of 64 bits are texts. For who may read the store (store.readers).",
    "responses": {"200": {"description": "State", "content": {"application/json": {"schema": {"type": "object"}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/store/watch": {"get": {"summary": "The same again and again, over a WebSocket",
    "description": "Each text message is a state. What the client sends is left alone. Pages of browsers name their token as a protocol, 'bearer.TOKEN', beside 'tessera', and must be of an allowed origin.",
    "parameters": [{"name": "interval_ms", "in": "query", "schema": {"type": "integer", "minimum": 100, "maximum": 3600000, "default": 1000}}],
    "responses": {"101": {"description": "The connection is a WebSocket"}, "426": {"description": "The request does not ask for a WebSocket"}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/jobs": {"get": {"summary": "The mesh's jobs, with when they start next and how they ended last",
    "description": "Who may see and run jobs stands in the node's configuration (jobs.readers, jobs.operators). Times are milliseconds since 1970. Files of jobs are applied with 'tessera job apply'.",
    "responses": {"200": {"description": "Jobs", "content": {"application/json": {"schema": {"type": "object", "properties": {
      "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/jobs/{job}": {"parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "string"}}],
    "get": {"summary": "A job and its file",
    "responses": {"200": {"description": "Job", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
      "default": {"$ref": "#/components/responses/Problem"}}}},
  "/jobs/{job}/runs": {"parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "string"}}],
    "get": {"summary": "Its runs, the newest first",
      "parameters": [{"name": "before", "in": "query", "description": "Only runs with lower numbers", "schema": {"type": "integer"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}],
      "responses": {"200": {"description": "Runs", "content": {"application/json": {"schema": {"type": "object", "properties": {
        "runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}},
    "post": {"summary": "Start a run",
      "requestBody": {"content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "properties": {
        "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
        "key": {"type": "string", "description": "The same key leads to the same run"}}}}}},
      "responses": {"200": {"description": "Its number", "content": {"application/json": {"schema": {"type": "object", "properties": {
        "run": {"type": "integer"}}}}}}, "default": {"$ref": "#/components/responses/Problem"}}}},
  "/jobs/{job}/runs/{run}": {"parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "run", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "get": {"summary": "A run and its steps", "responses": {"200": {"description": "Run", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Run"}}}},
      "default": {"$ref": "#/components/responses/Problem"}}},
    "delete": {"summary": "Cancel a run", "responses": {"200": {"description": "It is being cancelled."},
      "default": {"$ref": "#/components/responses/Problem"}}}},
  "/jobs/{job}/runs/{run}/log": {"parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "run", "in": "path", "required": true, "schema": {"type": "integer"}},
      {"name": "after", "in": "query", "description": "Only lines with higher numbers", "schema": {"type": "integer"}}],
    "get": {"summary": "What a run told, 1000 lines at most", "responses": {"200": {"description": "Lines", "content": {"application/json": {"schema": {"type": "object"}}}},
      "default": {"$ref": "#/components/responses/Problem"}}}},
  "/openapi.json": {"get": {"summary": "This description", "security": [],
    "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}}}}
},
"components": {
  "securitySchemes": {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
      "description": "Of an identity provider that the node trusts. The header Tessera-Role chooses of several roles."},
    "password": {"type": "http", "scheme": "basic"}},
  "responses": {
    "Rows": {"description": "Rows, in the form that Accept asks for",
      "headers": {
        "Tessera-Query": {"description": "The statement's id", "schema": {"type": "string"}},
        "Tessera-Cursor": {"description": "There are more rows: GET /query/{id}", "schema": {"type": "string"}},
        "Tessera-Fallback": {"description": "replica: a copy of a shard was read, whose node can't be reached", "schema": {"type": "string"}}},
      "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Rows"}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "An object a line"}},
        "text/csv": {"schema": {"type": "string", "description": "RFC 4180, names first; NULL is nothing, an empty text \"\""}},
        "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
        "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}}},
    "Problem": {"description": "What went wrong",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
  "schemas": {
    "Job": {"type": "object", "properties": {"name": {"type": "string"}, "documentation": {"type": "string"}, "owner": {"type": "string"},
      "run_as": {"type": "string"}, "version": {"type": "integer"}, "paused": {"type": "boolean"}, "triggers": {"type": "array", "items": {"type": "string"}},
      "next_ms": {"type": ["integer", "null"]}, "active_runs": {"type": "integer"},
      "last_run": {"oneOf": [{"$ref": "#/components/schemas/Run"}, {"type": "null"}]}, "problem": {"type": "string"}, "text": {"type": "string"}}},
    "Run": {"type": "object", "properties": {"id": {"type": "integer"}, "job": {"type": "string"}, "version": {"type": "integer"},
      "cause": {"enum": ["time", "after", "hand", "job", "backfill"]},
      "state": {"enum": ["waiting", "running", "succeeded", "failed", "cancelled", "skipped"]}, "date": {"type": "string"}, "node": {"type": "string"},
      "asked_by": {"type": "string"}, "error": {"type": "string"}, "cancelled": {"type": "boolean"}, "parameters": {"type": "object"},
      "scheduled_ms": {"type": ["integer", "null"]}, "created_ms": {"type": ["integer", "null"]}, "started_ms": {"type": ["integer", "null"]},
      "ended_ms": {"type": ["integer", "null"]}, "steps": {"type": "array", "items": {"type": "object"}}}},
    "Query": {"type": "object", "required": ["sql"], "additionalProperties": false, "properties": {
      "sql": {"type": "string", "description": "One statement; $1, $2, … are its parameters"},
      "parameters": {"type": "array", "items": {"oneOf": [
        {"type": ["string", "number", "boolean", "null"], "description": "PostgreSQL infers its type"},
        {"type": "object", "required": ["type", "value"], "additionalProperties": false, "properties": {
          "type": {"type": "string", "description": "A PostgreSQL type"},
          "value": {"description": "An object or array where the type is json or jsonb, else a scalar or PostgreSQL's text form"}}}]}},
      "timeout_ms": {"type": "integer", "minimum": 1, "maximum": 2147483647, "description": "For the whole statement, its pages included"},
      "page_rows": {"type": "integer", "minimum": 1, "maximum": 100000},
      "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "description": "To cancel it by; made up when absent"}}},
    "Rows": {"type": "object", "properties": {
      "columns": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "type": {"type": "string"}}}},
      "rows": {"type": "array", "items": {"type": "array"}, "description": "Integers, floats and booleans are JSON's, json and jsonb are embedded, all else is PostgreSQL's text"},
      "command": {"type": "string"}, "row_count": {"type": "integer"}, "cursor": {"type": ["string", "null"]},
      "error": {"$ref": "#/components/schemas/Problem"}}},
    "Schema": {"type": "object", "properties": {"name": {"type": "string"}, "comment": {"type": "string"}, "source": {"type": "string"}}},
    "Table": {"type": "object", "properties": {"schema": {"type": "string"}, "name": {"type": "string"},
      "kind": {"enum": ["table", "view", "foreign table", "materialized view"]}, "comment": {"type": "string"},
      "estimated_rows": {"type": ["number", "null"]}}},
    "Column": {"type": "object", "properties": {"name": {"type": "string"}, "type": {"type": "string"}, "not_null": {"type": "boolean"},
      "comment": {"type": "string"}, "default": {"type": "string"}, "key_position": {"type": "integer"}}},
    "Node": {"type": "object", "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "postgres_version": {"type": "string"},
      "sources": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "connector": {"type": "string"},
        "comment": {"type": "string"}, "schemas": {"type": "array", "items": {"type": "string"}}, "error": {"type": "string"}}}}}},
    "Role": {"type": "object", "properties": {"name": {"type": "string"}, "can_sign_in": {"type": "boolean"},
      "member_of": {"type": "array", "items": {"type": "string"}},
      "settings": {"type": "array", "items": {"type": "string"}, "description": "name=value, the limits among them"}}},
    "Grant": {"type": "object", "properties": {"grantee": {"type": "string"}, "privilege": {"type": "string"},
      "kind": {"enum": ["schema", "table", "view", "foreign table", "materialized view", "sequence", "column"]}, "schema": {"type": "string"},
      "relation": {"type": ["string", "null"]}, "column": {"type": ["string", "null"]}, "is_grantable": {"type": "boolean"}}},
    "Policy": {"type": "object", "properties": {"schema": {"type": "string"}, "relation": {"type": "string"}, "name": {"type": "string"},
      "command": {"enum": ["all", "select", "insert", "update", "delete"]}, "permissive": {"type": "boolean"},
      "roles": {"type": "array", "items": {"type": "string"}}, "using_expression": {"type": ["string", "null"]},
      "check_expression": {"type": ["string", "null"]}, "kept_by": {"enum": ["tessera", "postgresql"]}}},
    "Denial": {"type": "object", "properties": {"id": {"type": "integer"}, "user_name": {"type": ["string", "null"]}, "issuer": {"type": ["string", "null"]},
      "subject": {"type": ["string", "null"]}, "token": {"type": ["string", "null"]}, "issued_before": {"type": ["integer", "null"]},
      "reason": {"type": "string"}, "denied_by": {"type": "string"}, "denied_at": {"type": "string", "format": "date-time"}}},
    "Mask": {"type": "object", "properties": {"schema": {"type": "string"}, "relation": {"type": "string"}, "column": {"type": "string"},
      "roles": {"type": "array", "items": {"type": "string"}}, "expression": {"type": "string"}}},
    "Problem": {"type": "object", "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
      "detail": {"type": "string"}, "sqlstate": {"type": "string"}, "hint": {"type": "string"}, "more": {"type": "string"},
      "position": {"type": "integer"}}}}
}
}
)json";
    return kText;
}

}  // namespace tessera::rest
