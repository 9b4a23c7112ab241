// The page: what is shown, and how controls, map and list follow each other.
const LISTED = 20, CLOSE = 8, NEAR = 12, GLIDE = 220;
const get = (id) => document.getElementById(id);
const data = readData(get("data").textContent);
performance.mark("map-read");

const canvas = get("points"), context = canvas.getContext("2d", { alpha: false });
const still = matchMedia("(prefers-reduced-motion: reduce)"), dark = matchMedia("(prefers-color-scheme: dark)");
const search = new Search(data), view = new View();
const drawn = new Uint8Array(data.count), found = new Uint8Array(data.count);  // style of each row, and whether it matches
const state = { by: data.groupings[0], hidden: new Set(), matches: null, chosen: -1, pointed: -1, path: null };
let image = null, styles = [], asked = 0;

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ratio = () => window.devicePixelRatio || 1;
const visible = (row) => !state.hidden.has(state.by.codes[row]);
const wanted = (row) => visible(row) && (!state.matches || found[row] === 1);

// Black is a colour of the palette, and would not be seen on a dark ground.
const coloursOf = (groups) => groups.map(({ colour, faint }) =>
  rgbOf(faint ? css("--faint") : colour === "#000000" ? css("--ink") : colour));

const radiusOf = () => {
  const base = data.count > 20000 ? 1.4 : data.count > 3000 ? 2 : 3.4;
  return base * Math.min(2.5, view.zoom ** 0.3) * ratio();
};

// Give each point its style: of its group, faded where a search leaves it out, larger where it is found.
const restyle = () => {
  const { groups, codes } = state.by, colours = coloursOf(groups), count = groups.length;
  const radius = radiusOf();
  const style = (size, opacity, layer) => groups.map(({ turn }, code) =>
    ({ mask: maskOf(turn, size), rgb: colours[code], opacity, layer: layer(groups[code]) }));
  styles = [
    null, ...style(radius, 0.85, ({ faint }) => (faint ? 0 : 1)), ...style(radius, 0.14, () => 0),
    ...style(Math.max(radius * 1.25, 3 * ratio()), 1, () => 2),
  ];
  for (let i = 0; i < data.count; i++) drawn[i] = visible(i) ? 1 + codes[i] + (state.matches ? count * (1 + found[i]) : 0) : 0;
};

const ring = (row) => {
  const inner = Math.max(6, (1.25 * radiusOf()) / ratio() + 3);
  context.lineWidth = 2 * ratio();
  for (const [colour, size] of [[css("--ground"), inner + 2], [css("--ink"), inner]]) {
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(view.atX(data.xs[row]), view.atY(data.ys[row]), size * ratio(), 0, 2 * Math.PI);
    context.stroke();
  }
};

const draw = () => {
  asked = 0;
  if (!image) return;
  restyle();
  paintPoints(image, rgbOf(css("--ground")), view, data, drawn, styles);
  context.putImageData(image, 0, 0);
  const row = state.pointed >= 0 ? state.pointed : state.chosen, box = get("told");
  tell(box, data, row);
  if (row < 0) return;
  ring(row);
  const [x, y] = [view.atX(data.xs[row]), view.atY(data.ys[row])].map((place) => place / ratio());
  placeBeside(box, x, y, canvas.clientWidth, canvas.clientHeight);
};
const redraw = () => { asked ||= requestAnimationFrame(draw); };

const resize = () => {
  const width = Math.round(canvas.clientWidth * ratio()), height = Math.round(canvas.clientHeight * ratio());
  if (!width || !height || (image && image.width === width && image.height === height)) return;
  Object.assign(canvas, { width, height });
  Object.assign(view, { width, height });
  image = context.createImageData(width, height);
  draw();
};

const glideTo = (x, y, zoom) => {
  const from = { x: view.x, y: view.y, zoom: view.zoom }, began = performance.now();
  const step = (now) => {
    const share = still.matches ? 1 : Math.min(1, Math.max(0, (now - began) / GLIDE));
    view.goTo(from.x + (x - from.x) * share, from.y + (y - from.y) * share, from.zoom * (zoom / from.zoom) ** share);
    draw();
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
};

const goTo = (row) => {
  Object.assign(state, { chosen: row, pointed: -1 });
  canvas.scrollIntoView({ block: "nearest" });
  glideTo(data.xs[row], data.ys[row], Math.max(view.zoom, NEAR));
};

const map = {
  view,
  framed: window.self !== window.top,
  changed(onPath = false) {
    if (!onPath) state.path = null;  // neighbours are counted from what is seen when one begins to walk
    redraw();
  },
  point(x, y) {
    state.pointed = Number.isNaN(x) ? -1 : nearest(view, data, wanted, x, y, CLOSE * ratio());
    redraw();
  },
  choose(x, y) {
    state.chosen = Number.isNaN(x) ? -1 : nearest(view, data, wanted, x, y, 2 * CLOSE * ratio());
    state.pointed = -1;
    this.changed();
  },
  step(by) {
    state.path ??= state.matches ? state.matches.filter(visible) : byDistance(view, data, visible);
    if (!state.path.length) return;
    const at = state.path.indexOf(state.chosen), count = state.path.length;
    state.chosen = state.path[at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count];
    state.pointed = -1;
    const [x, y] = [data.xs[state.chosen], data.ys[state.chosen]];
    if (!view.sees(x, y)) view.goTo(x, y, view.zoom);
  },
};

const showLegend = () => {
  const toggle = (code) => {
    if (!state.hidden.delete(code)) state.hidden.add(code);
    map.changed();
  };
  const { groups } = state.by, isHidden = (code) => state.hidden.has(code);
  drawLegend(get("legend"), groups, coloursOf(groups), rgbOf(css("--ground")), isHidden, toggle);
};

const hide = (codes) => {
  state.hidden = new Set(codes);
  showLegend();
  map.changed();
};

const showMatches = () => {
  const matches = state.matches = search.find(get("query").value);
  found.fill(0);
  for (const row of matches ?? []) found[row] = 1;
  const hits = matches?.length ?? 0, listed = Math.min(hits, LISTED);
  const count = hits === 1 ? "1 publication matches" : `${hits.toLocaleString("en")} publications match`;
  get("hits").textContent = !matches ? "" : hits > listed ? `${count}; the first ${listed} are listed.` : `${count}.`;
  get("found").replaceChildren(...(matches ?? []).slice(0, LISTED).map((row) => {
    const button = element("button", named(data, row), { type: "button" }), item = element("li");
    button.append(element("small", ` ${data.numbers[row]}`));
    button.addEventListener("click", () => goTo(row));
    item.append(button);
    return item;
  }));
  map.changed();
};

const listenToSearch = () => {
  const query = get("query"), list = get("found");
  query.addEventListener("input", showMatches);
  query.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state.matches?.length) goTo(state.matches[0]);
  });
  query.form.parentElement.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key], buttons = [query, ...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, at + by))].focus();
  });
};

const begin = () => {
  document.documentElement.classList.toggle("framed", map.framed);
  get("by").replaceChildren(...data.groupings.map(({ name }, place) => element("option", name, { value: place })));
  get("by").addEventListener("change", (event) => {
    state.by = data.groupings[event.target.value];
    hide([]);
  });
  get("all").addEventListener("click", () => hide([]));
  get("none").addEventListener("click", () => hide(state.by.groups.keys()));
  dark.addEventListener("change", () => { showLegend(); redraw(); });
  listenToSearch();
  listenToPointers(canvas, map);
  listenToKeys(canvas, map);
  showMatches();  // a browser that goes back keeps what was typed
  showLegend();
  resize();
  new ResizeObserver(resize).observe(canvas);
  requestAnimationFrame(() => setTimeout(() => performance.mark("map-seen")));
};
begin();
