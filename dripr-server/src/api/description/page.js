"use strict";
// Shows the description of the API. All that it says is put into the page as text.
const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};
const named = (reference) => reference.split("/").pop();
const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return named(schema.$ref);
  if (schema.oneOf || schema.anyOf) return (schema.oneOf || schema.anyOf).map(typeOf).join(" | ");
  if (schema.items) return typeOf(schema.items) + "[]";
  const type = [].concat(schema.type || "").join(" | ");
  return schema.enum ? schema.enum.join(" | ") : type;
};
const table = (rows) =>
  element("table", "", ...rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", cell)))));
const operationOf = (method, path, operation) => {
  const method_ = element("span", method);
  method_.className = "method";
  const shown = element("details", "", element("summary", "", method_, element("code", path)));
  shown.append(element("p", operation.summary || ""), element("p", operation.description || ""));
  if (operation.parameters) {
    shown.append(element("h4", "Parameters"));
    shown.append(table(operation.parameters.map((p) => [p.name, p.in, typeOf(p.schema), p.description || ""])));
  }
  const body = operation.requestBody && operation.requestBody.content["application/json"];
  if (body) shown.append(element("h4", "Body"), element("code", typeOf(body.schema)));
  shown.append(element("h4", "Answers"));
  shown.append(table(Object.entries(operation.responses).map(([status, answer]) => [
    status, typeOf((Object.values(answer.content || {})[0] || {}).schema), answer.description || "",
  ])));
  return shown;
};
fetch("/api/openapi.json").then((answer) => answer.json()).then((api) => {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationOf(method, path, operation));
    }
  }
  const main = document.getElementById("operations");
  main.replaceChildren();
  for (const [tag, operations] of groups) main.append(element("h2", tag), ...operations);
  main.append(element("h2", "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const shown = element("details", "", element("summary", name));
    shown.append(element("pre", JSON.stringify(schema, null, 2)));
    main.append(shown);
  }
});
