// SPDX-License-Identifier: Apache-2.0
const byId = (id) => document.getElementById(id);
const HEAD = 66, ROW = 26;
const POLL = 4000, STALE = 15000;
const COLUMNS = { gateways: "Gateways", listeners: "Listeners", routes: "Routes", backends: "Backends" };
const STATE_WORDS = { good: "served", warned: "served, with a warning or in part", failing: "not served" };

const first = JSON.parse(byId("data").textContent);
let graph = null;
let kept = new Set();  // ids that the filters leave
let lit = null;        // ids that are connected to the chosen one
let chosen = "";
let only = "";         // an id: what is connected to it, and nothing else
const columns = {};

// From what the program wrote to what is drawn.
function read(data) {
  const nodes = new Map(data.nodes.map((node) => [node.id, { ...node, above: [], below: [] }]));
  for (const edge of data.edges) {
    nodes.get(edge.from).below.push(edge);
    nodes.get(edge.to).above.push(edge);
  }
  const all = [...nodes.values()];
  for (const node of all) {
    node.problems = (node.problems || []).map((at) => data.problems[at]);
    node.words = [node.title, node.subtitle, node.objectKind, node.namespace, node.name, node.source,
      ...(node.facts || []).flat(), ...node.problems.map((problem) => problem.code)].join(" ").toLowerCase();
  }
  return { ...data, nodes, all };
}

const ofKind = (edges, end, kind) =>
  edges.map((edge) => graph.nodes.get(edge[end])).filter((node) => node.kind === kind);

// What leads to these, and what they lead to.
function connected(seeds) {
  const reached = new Set();
  for (const [side, end] of [["above", "from"], ["below", "to"]]) {
    const seen = new Set(), queue = [...seeds];
    while (queue.length > 0) {
      const node = queue.pop();
      if (seen.has(node.id)) continue;
      seen.add(node.id);
      reached.add(node.id);
      for (const edge of node[side]) queue.push(graph.nodes.get(edge[end]));
    }
  }
  for (const node of graph.all) {
    if (node.kind === "grant" && node.below.some((edge) => reached.has(edge.to))) reached.add(node.id);
  }
  return reached;
}

function filter() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const namespace = byId("namespace").value, gateway = byId("gateway").value;
  const tests = [];
  if (words.length > 0) tests.push((node) => words.every((word) => node.words.includes(word)));
  if (namespace) tests.push((node) => node.namespace === namespace);
  if (gateway) tests.push((node) => node.id === gateway);
  if (only) tests.push((node) => node.id === only);
  kept = new Set(graph.nodes.keys());
  for (const test of tests) {
    const reached = connected(graph.all.filter(test));
    kept = new Set([...kept].filter((id) => reached.has(id)));
  }
}

// A route with a rule that fails is served in part at best.
function stateOf(node) {
  const below = (node.rules || []).map((rule) => rule.state);
  if (node.state === "failing" || (below.length > 0 && below.every((state) => state === "failing"))) return "failing";
  return node.state === "good" && below.every((state) => state === "good") ? "good" : "warned";
}

function badge(node) {
  const all = [node, ...(node.rules || [])].flatMap((part) => part.problems);
  const problems = all.filter((problem) => problem.severity !== "note").length;
  if (problems === 0) return "";
  const mark = make("span", `badge ${all.some((problem) => problem.severity === "error") ? "failing" : "warned"}`, problems);
  mark.title = problems === 1 ? "1 problem" : `${problems} problems`;
  return mark;
}

function tone(id) {
  return (id === chosen ? " chosen" : "") + (lit && !lit.has(id) ? " dim" : "");
}

function button(node, className, ...content) {
  const element = make("button", className);
  element.type = "button";
  element.dataset.id = node.id;
  element.setAttribute("aria-pressed", node.id === chosen);
  element.append(...content);
  element.addEventListener("click", () => choose(node.id));
  return element;
}

function cardOf(node) {
  const card = make("div", `card ${stateOf(node)}${tone(node.id)}`);
  const top = make("div", "top");
  top.append(make("span", "name", node.title), badge(node));
  const kind = node.kind === "route" || node.kind === "grant" ? `${node.objectKind} in ` : "";
  const place = node.kind === "listener" ? "" : `${kind}${node.namespace || ""}`;
  const subtitle = make("div", "quiet", node.subtitle || (node.kind === "listener" ? "" : place));
  const head = button(node, "head", top, subtitle);
  if (node.subtitle) head.append(make("div", "quiet", place));
  head.title = [node.title, node.subtitle, place].filter(Boolean).join("\n");
  card.append(head);
  for (const rule of node.rules || []) {
    const row = button(rule, `rule ${rule.state}${tone(rule.id)}`, rule.title);
    row.title = rule.title;
    card.append(row);
  }
  if (node.ends?.length > 0) {
    const more = node.ends.length > 1 ? ` and ${node.ends.length - 1} more` : "";
    card.append(make("div", "ends", node.ends[0].title + more));
  }
  return card;
}

function itemOf(node) {
  node.rules = node.kind === "route" ? ofKind(node.below, "to", "rule").filter((rule) => kept.has(rule.id)) : [];
  node.ends = node.kind === "backend" ? ofKind(node.below, "to", "endpoint") : [];
  const rows = node.rules.length + (node.ends.length > 0 ? 1 : 0);
  return { key: node.id, height: HEAD + ROW * rows + 2, draw: () => cardOf(node) };
}

function show() {
  filter();
  const items = { gateways: [], listeners: [], routes: [], backends: [] };
  const into = { gateway: "gateways", listener: "listeners", route: "routes", backend: "backends", grant: "backends" };
  for (const node of graph.all) {
    if (into[node.kind] && kept.has(node.id)) items[into[node.kind]].push(itemOf(node));
  }
  for (const [name, title] of Object.entries(COLUMNS)) columns[name].show(title, items[name]);
  showProblems();
  drawLines();
}

// The point of a node where its lines end: in which column, how far down.
function anchor(node, height) {
  const inRoute = node.kind === "rule" ? graph.nodes.get(node.above[0].from) : node;
  const column = { gateway: "gateways", listener: "listeners", route: "routes", rule: "routes", backend: "backends" }[node.kind];
  if (!column) return null;
  const top = columns[column].top(inRoute.id);
  if (top === null) return null;
  const row = node.kind === "rule" ? HEAD + ROW * inRoute.rules.indexOf(node) + ROW / 2 : HEAD / 2;
  const y = top + row;
  return { column, y: Math.min(Math.max(y, 0), height), inSight: y >= 0 && y <= height };
}

function drawLines() {
  const board = byId("board"), svg = byId("lines");
  svg.setAttribute("width", 0);  // else it would count itself
  svg.setAttribute("width", board.scrollWidth);
  svg.setAttribute("height", board.clientHeight);
  const scroll = columns.routes.scroll, height = scroll.clientHeight;
  const top = scroll.getBoundingClientRect().top - board.getBoundingClientRect().top;
  const paths = [];
  for (const edge of visibleEdges()) {
    const from = graph.nodes.get(edge.from), to = graph.nodes.get(edge.to);
    const a = anchor(from, height), b = anchor(to, height);
    // Of many routes those in sight have lines, whether their listener and backend are or not.
    if (!a || !b || !(to.kind === "backend" ? a : b).inSight) continue;
    const left = columns[a.column].scroll.parentElement, right = columns[b.column].scroll.parentElement;
    // A TraefikService and its parts stand in one column: a bow on its left.
    const isBow = a.column === b.column;
    const x2 = right.offsetLeft + 2, x1 = isBow ? x2 : left.offsetLeft + left.offsetWidth - 2;
    const bend = isBow ? -18 : (x2 - x1) / 2;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", `M${x1} ${top + a.y}C${x1 + bend} ${top + a.y} ${isBow ? x2 + bend : x2 - bend} ${top + b.y} ${x2} ${top + b.y}`);
    const isLit = lit && lit.has(edge.from) && lit.has(edge.to);
    path.setAttribute("class", (edge.broken ? "broken " : "") + (lit ? (isLit ? "lit" : "dim") : ""));
    paths.push(path);
  }
  svg.replaceChildren(...paths);
}

function* visibleEdges() {
  for (const name of ["listeners", "routes"]) {
    for (const place of columns[name].drawn.keys()) {
      const node = graph.nodes.get(columns[name].items[place].key);
      yield* node.above;
      for (const rule of node.rules) yield* rule.below;
    }
  }
  for (const place of columns.backends.drawn.keys()) {
    const node = graph.nodes.get(columns.backends.items[place].key);
    for (const edge of node.below) if (graph.nodes.get(edge.to).kind === "backend") yield edge;
  }
}

function choose(id) {
  chosen = id === chosen ? "" : id;
  const node = graph.nodes.get(chosen);
  lit = node ? connected([node]) : null;
  for (const column of Object.values(columns)) column.redraw();
  if (node) {
    for (const column of Object.values(columns)) {
      const keys = column.items.map((item) => item.key).filter((key) => lit.has(key));
      if (keys.length > 0) column.reveal(keys.includes(chosen) ? chosen : keys[0]);
    }
  }
  showDetails(node);
  drawLines();
}

// A link to file:line. What the file is called decides nothing but the path.
function placeOf(item) {
  if (!item.source) return "";
  const text = item.line ? `${item.source}:${item.line}` : item.source;
  const path = item.source.split("/").map(encodeURIComponent).join("/").replace(/^\/+/, "/");
  if (graph.live || item.source === "-") return make("span", "place", text);
  const link = make("a", "place", text);
  const template = graph.link || `${path.startsWith("/") ? "" : "./"}{file}#L{line}`;
  link.href = template.replace("{file}", () => path).replace("{line}", () => item.line || 1);
  if (link.protocol === "javascript:") link.removeAttribute("href");
  return link;
}

function problemBox(problem, withObject) {
  const box = make("div", `problem ${problem.severity}`);
  box.append(make("b", "", `${problem.severity} ${problem.code}`));
  if (withObject && problem.name) {
    const node = graph.all.find((one) => one.problems.includes(problem));
    const text = `${problem.objectKind} ${problem.namespace ? problem.namespace + "/" : ""}${problem.name}`;
    const name = node ? make("button", "link", text) : make("div", "", text);
    if (node) name.addEventListener("click", () => { if (chosen !== node.id) choose(node.id); });
    box.append(name);
  }
  if (problem.path) box.append(make("div", "quiet", problem.path));
  box.append(make("div", "", problem.message));
  if (problem.hint) box.append(make("div", "", `What to do: ${problem.hint}`));
  box.append(placeOf(problem));
  return box;
}

function links(title, edges, end) {
  const nodes = edges.map((edge) => [edge, graph.nodes.get(edge[end])]);
  if (nodes.length === 0) return [];
  const rows = nodes.slice(0, 50).map(([edge, node]) => {
    const label = edge.label ? ` (${edge.label})` : "";
    const link = make("button", "link", `${node.kind} ${node.title}${label}${edge.broken ? ", broken" : ""}`);
    link.addEventListener("click", () => { if (chosen !== node.id) choose(node.id); });
    return link;
  });
  if (nodes.length > 50) rows.push(make("div", "quiet", `and ${nodes.length - 50} more`));
  return [make("h4", "", title), ...rows];
}

function showDetails(node) {
  const panel = byId("details");
  panel.hidden = !node;
  document.body.classList.toggle("beside", Boolean(node));
  if (!node) return;
  const close = make("button", "close", "×");
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => choose(chosen));
  const facts = make("dl");
  const fact = (label, value) => facts.append(make("dt", "", label), make("dd", "", value));
  fact("state", STATE_WORDS[stateOf(node)]);
  if (node.namespace) fact("namespace", node.namespace);
  for (const [label, value] of node.facts || []) fact(label, value);
  const isolate = make("button", "plain", only === node.id ? "Show everything" : "Show only what is connected");
  isolate.addEventListener("click", () => { only = only === node.id ? "" : node.id; show(); showDetails(node); });
  const where = node.source || !node.name ? [placeOf(node)]
    : [make("code", "", `kubectl get ${node.objectKind.toLowerCase()} -n ${node.namespace} ${node.name} -o yaml`)];
  panel.replaceChildren(close, make("div", "quiet", `${node.kind} of ${node.objectKind} ${node.name}`),
    make("h3", "", node.title), make("div", "", node.subtitle || ""), ...where, facts,
    ...(node.problems.length > 0 ? [make("h4", "", "Problems")] : []),
    ...node.problems.map((problem) => problemBox(problem, false)),
    ...links("Comes from", node.above, "from"), ...links("Leads to", node.below, "to"), isolate);
}

function showProblems() {
  const rank = { error: 0, warning: 1, note: 2 };
  const all = [...graph.problems].sort((a, b) => rank[a.severity] - rank[b.severity]);
  const bad = all.filter((problem) => problem.severity !== "note").length;
  const open = byId("problems-button");
  open.textContent = bad === 1 ? "1 problem" : `${bad} problems`;
  open.classList.toggle("some", bad > 0);
  const rows = all.slice(0, 200).map((problem) => problemBox(problem, true));
  if (all.length > 200) rows.push(make("p", "quiet", `and ${all.length - 200} more`));
  if (all.length === 0) rows.push(make("p", "quiet", "Nothing is wrong."));
  byId("problems").replaceChildren(...rows);
}

function fill(select, all, values) {
  const before = select.value;
  select.replaceChildren(new Option(all, ""), ...values.map(([value, text]) => new Option(text, value)));
  if (values.some(([value]) => value === before)) select.value = before;
}

function accept(data) {
  graph = read(data);
  const title = graph.title || "gatefile";
  byId("title").textContent = title;
  document.title = title;
  const namespaces = [...new Set(graph.all.map((node) => node.namespace).filter(Boolean))].sort();
  fill(byId("namespace"), "all", namespaces.map((name) => [name, name]));
  const gateways = graph.all.filter((node) => node.kind === "gateway");
  fill(byId("gateway"), "all", gateways.map((node) => [node.id, `${node.namespace}/${node.name}`]));
  if (!graph.nodes.has(only)) only = "";
  const node = graph.nodes.get(chosen);
  if (!node) chosen = "";
  lit = node ? connected([node]) : null;
  showDetails(node);
  show();
}

// The agent's page: asks for news, and says when there has been no answer.
function follow(url) {
  let tag = "", heard = Date.now(), state = null, failure = "";
  const tell = () => {
    const element = byId("state");
    const silent = Date.now() - heard;
    const isStale = silent > STALE || failure;
    element.dataset.tone = isStale ? "bad" : state?.tone || "warn";
    element.textContent = isStale
      ? `stale: no answer for ${Math.round(silent / 1000)} s${failure ? ` (${failure})` : ""}`
      : state ? state.text : "waiting for the agent";
    element.title = state?.problem || "";
  };
  const ask = async () => {
    try {
      const answer = await fetch(url, { cache: "no-cache", signal: AbortSignal.timeout(STALE) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const data = await answer.json();
      heard = Date.now();
      failure = "";
      if (answer.headers.get("etag") !== tag || !tag) {
        tag = answer.headers.get("etag");
        state = data.state;
        accept({ ...data, live: true });
      }
    } catch (error) {
      failure = String(error.message || error);
    }
    tell();
    setTimeout(ask, POLL);
  };
  setInterval(tell, 1000);
  tell();
  ask();
}

function onKey(event) {
  const typing = ["INPUT", "SELECT"].includes(document.activeElement?.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape" && chosen) {
    choose(chosen);
  } else if (!typing && event.key.startsWith("Arrow")) {
    move(event);
  }
}

// Up and down in a column, left and right between them.
function move(event) {
  const id = document.activeElement?.dataset?.id;
  const at = graph && graph.nodes.get(id);
  if (!at) return;
  const key = at.kind === "rule" ? at.above[0].from : id;
  const names = Object.keys(columns);
  const name = names.find((one) => columns[one].places.has(key));
  const column = columns[name];
  event.preventDefault();
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step) {
    const next = column.items[column.places.get(key) + step];
    if (next) column.focus(next.key);
    return;
  }
  const beside = columns[names[names.indexOf(name) + (event.key === "ArrowRight" ? 1 : -1)]];
  if (!beside) return;
  const reached = connected([at]);
  const next = beside.items.find((item) => reached.has(item.key));
  if (next) beside.focus(next.key);
}

function start() {
  for (const name of Object.keys(COLUMNS)) columns[name] = new Column(byId(name), drawLines);
  let waiting = 0;
  byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 80); });
  for (const id of ["namespace", "gateway"]) byId(id).addEventListener("change", show);
  byId("problems-button").addEventListener("click", () => {
    const list = byId("problems");
    list.hidden = !list.hidden;
    byId("problems-button").setAttribute("aria-expanded", !list.hidden);
    for (const column of Object.values(columns)) column.draw();
    drawLines();
  });
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", () => { for (const column of Object.values(columns)) column.draw(); drawLines(); });
  accept(first.live ? { nodes: [], edges: [], problems: [] } : first);
  if (first.live) follow(first.live);
}

start();
