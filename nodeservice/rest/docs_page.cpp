#include "nodeservice/rest/docs_page.h"

namespace tessera::rest {

namespace {

constexpr const char* kPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Endpoints</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #d9dee5; --back: #ffffff; --side: #f5f7f9;
  --accent: #0b6e74; --bad: #b3261e; --mono: ui-monospace, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --soft: #9aa5b1; --line: #333c47; --back: #171c22;
  --side: #1e242b; --accent: #5fc4c0; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--back); }
header { display: flex; gap: .75rem; align-items: center; flex-wrap: wrap; padding: .75rem 1.25rem;
  border-bottom: 1px solid var(--line); background: var(--side); }
header h1 { font-size: 1.05rem; margin: 0 auto 0 0; }
main { display: grid; grid-template-columns: minmax(12rem, 18rem) 1fr; min-height: calc(100vh - 4rem); }
nav { border-right: 1px solid var(--line); background: var(--side); padding: .75rem; }
nav button { display: block; width: 100%; text-align: left; border: 0; background: none; padding: .4rem .6rem;
  border-radius: 6px; color: inherit; font: inherit; cursor: pointer; overflow-wrap: anywhere; }
nav button small { display: block; color: var(--soft); }
nav button[aria-current] { background: color-mix(in srgb, var(--accent) 16%, transparent); font-weight: 600; }
section { padding: 1.25rem 1.75rem; min-width: 0; }
h2 { margin: 0 0 .25rem; font-size: 1.3rem; overflow-wrap: anywhere; }
h3 { margin: 1.5rem 0 .5rem; font-size: .85rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); font-size: .85rem; }
code, pre, .mono { font-family: var(--mono); font-size: .87rem; }
pre { background: var(--side); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; }
.scroll { overflow: auto; max-height: 28rem; border: 1px solid var(--line); border-radius: 6px; }
.scroll td, .scroll th { padding: .3rem .75rem; white-space: nowrap; }
.scroll th { position: sticky; top: 0; background: var(--side); }
input, select { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px;
  padding: .3rem .5rem; width: 100%; }
header input { width: 11rem; }
section td input, section td select { min-width: 10rem; }
button.do { font: inherit; border: 0; border-radius: 6px; padding: .4rem 1rem; background: var(--accent); color: var(--back);
  cursor: pointer; }
button.do:disabled { opacity: .45; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.soft { color: var(--soft); } .bad { color: var(--bad); } .row { display: flex; gap: .75rem; align-items: center; flex-wrap: wrap; }
em { font-style: normal; color: var(--bad); }
@media (max-width: 48rem) { main { grid-template-columns: 1fr; } nav { border-right: 0; border-bottom: 1px solid var(--line); } }
</style>
<header>
  <h1>Endpoints</h1>
  <form id="who" class="row">
    <label class="row">User <input id="user" autocomplete="username"></label>
    <label class="row">Password or token <input id="secret" type="password" autocomplete="current-password"></label>
    <button class="do">Sign in</button>
  </form>
</header>
<main>
  <nav id="list" aria-label="Endpoints"></nav>
  <section id="page"><p class="soft">Sign in to see the endpoints that you may call. Without a user, what you enter is taken
    for a token. Nothing of it is kept.</p></section>
</main>
<script>
"use strict";
const base = "/api/v1";
let authorization = "", description = null;
const $ = (id) => document.getElementById(id);
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
const utf8 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
async function ask(path) {
  const answer = await fetch(base + path, { headers: { Authorization: authorization, Accept: "application/json" } });
  const text = await answer.text();
  let content = {};
  try { content = JSON.parse(text); } catch { content = { detail: text || answer.statusText }; }
  return { answer, content };
}
$("who").addEventListener("submit", async (event) => {
  event.preventDefault();
  const user = $("user").value, secret = $("secret").value;
  authorization = user === "" ? "Bearer " + secret : "Basic " + utf8(user + ":" + secret);
  const { answer, content } = await ask("/endpoints/openapi.json");
  if (!answer.ok) {
    $("list").replaceChildren();
    $("page").replaceChildren(make("p", { class: "bad", role: "alert" }, content.detail ?? "It did not work."));
    return;
  }
  description = content;
  showList();
});
function nameOf(path) { return path.split("/").pop(); }
function showList() {
  const paths = Object.keys(description.paths);
  $("list").replaceChildren(...paths.map((path) => {
    const operation = description.paths[path].get ?? description.paths[path].post;
    return make("button", { type: "button", id: "show-" + nameOf(path), onclick: () => show(path) }, nameOf(path),
      operation.summary === nameOf(path) ? null : make("small", {}, operation.summary));
  }));
  if (paths.length === 0) {
    $("page").replaceChildren(make("p", { class: "soft" }, "There are no endpoints that you may call here. 'tessera endpoint apply' publishes some."));
  } else {
    show(paths[0]);
  }
}
function typeText(schema) {
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return "list of " + typeText(schema.items);
  const type = [].concat(schema.type ?? "any").filter((one) => one !== "null").join(" or ");
  return schema.format && schema.format !== "double" ? type + " (" + schema.format + ")" : type;
}
function boundsText(schema) {
  const words = [];
  const least = schema.minimum ?? schema["x-minimum"], most = schema.maximum ?? schema["x-maximum"];
  if (least !== undefined) words.push("from " + least);
  if (most !== undefined) words.push("up to " + most);
  if (schema.maxLength) words.push("at most " + schema.maxLength + " characters");
  if (schema.default !== undefined) words.push("default " + JSON.stringify(schema.default));
  return words.join(", ");
}
function show(path) {
  const methods = description.paths[path], reads = "get" in methods;
  const operation = methods.get ?? methods.post, name = nameOf(path);
  for (const button of $("list").children) {
    if (button.id === "show-" + name) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  }
  const schemaName = methods.post.requestBody.content["application/json"].schema.$ref.split("/").pop();
  const schema = description.components.schemas[schemaName];
  const row = description.components.schemas[schemaName.replace(/Parameters$/, "Row")];
  const inputs = {};
  const parameters = Object.entries(schema.properties).map(([parameter, one]) => {
    const required = (schema.required ?? []).includes(parameter);
    inputs[parameter] = one.enum
      ? make("select", { id: "in-" + parameter, "aria-label": parameter }, make("option", { value: "" }, "—"), ...one.enum.map((choice) => make("option", {}, String(choice))))
      : make("input", { id: "in-" + parameter, "aria-label": parameter, placeholder: one.type === "array" ? "a, b" : "" });
    return make("tr", {}, make("td", { class: "mono" }, parameter, required ? make("em", { title: "must be given" }, " *") : ""),
      make("td", {}, typeText(one), make("div", { class: "soft" }, boundsText(one))), make("td", {}, one.description ?? ""), make("td", {}, inputs[parameter]));
  });
  const fields = Object.entries(row.properties).map(([field, one]) => make("tr", {}, make("td", { class: "mono" }, field),
    make("td", {}, one.description ?? ""), make("td", {}, [].concat(one.type ?? "any").join(" or "))));
  const result = make("div", { id: "result", "aria-live": "polite" });
  const address = make("pre", { id: "address" });
  const queryOf = () => {
    const query = new URLSearchParams();
    for (const [parameter, input] of Object.entries(inputs)) {
      if (input.value === "") continue;
      if (schema.properties[parameter].type === "array") {
        for (const value of input.value.split(",")) query.append(parameter, value.trim());
      } else {
        query.set(parameter, input.value);
      }
    }
    return query;
  };
  const tell = () => {
    const query = queryOf().toString();
    const url = location.origin + base + path + (query === "" ? "" : "?" + query);
    address.textContent = "curl -u USER " + (reads ? "" : "-X POST ") + "'" + url.replaceAll("'", "%27") + "'";
  };
  for (const input of Object.values(inputs)) input.addEventListener("input", tell);
  const call = async (more) => {
    const query = queryOf();
    if (more) query.set("cursor", more);
    const answer = await fetch(base + path + "?" + query, { method: reads ? "GET" : "POST", headers: { Authorization: authorization, Accept: "application/json" } });
    const content = await answer.json().catch(() => ({ detail: answer.statusText }));
    if (!answer.ok) {
      const problems = content.problems ?? [{ detail: content.detail, allowed: content.hint }];
      result.replaceChildren(make("p", { class: "bad" }, "HTTP " + answer.status), ...problems.map((problem) =>
        make("p", { class: "bad" }, problem.detail + (problem.allowed ? " — allowed: " + problem.allowed : ""))));
      return;
    }
    const columns = Object.keys(content.items[0] ?? {});
    const cell = (value) => make("td", { class: value === null ? "soft" : "" }, value === null ? "null" : typeof value === "object" ? JSON.stringify(value) : String(value));
    result.replaceChildren(make("p", { class: "soft" }, content.items.length + (content.items.length === 1 ? " row" : " rows") + ", version " + (answer.headers.get("Tessera-Endpoint-Version") ?? "")),
      content.items.length === 0 ? make("p", {}, content.row_count === undefined ? "No rows." : content.row_count + " rows changed.") : make("div", { class: "scroll" }, make("table", {},
        make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", {}, column)))),
        make("tbody", {}, ...content.items.map((item) => make("tr", {}, ...columns.map((column) => cell(item[column]))))))),
      content.next ? make("p", {}, make("button", { class: "do", id: "next", onclick: () => call(content.next) }, "Next page")) : "");
  };
  $("page").replaceChildren(make("h2", {}, name), make("p", { class: "soft" }, operation.summary),
    make("p", { class: "mono" }, (reads ? "GET · POST " : "POST ") + base + path),
    make("h3", {}, "Parameters"), parameters.length === 0 ? make("p", { class: "soft" }, "None.") : make("table", {}, make("tbody", {}, ...parameters)),
    make("p", { class: "row" }, make("button", { class: "do", id: "call", onclick: () => call() }, "Call")), address, result,
    make("h3", {}, "Fields of a row"), make("table", {}, make("tbody", {}, ...fields)));
  tell();
}
</script>
</html>
)html";

}  // namespace

gateway::HttpResponse docsPage() {
    gateway::HttpResponse page{200, "text/html; charset=utf-8", kPage, {}};
    page.headers = {{"Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"}};
    return page;
}

}  // namespace tessera::rest
