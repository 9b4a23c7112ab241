// Pointers, wheel and keys on the map. `map` has a view, `changed()`, `point(x, y)`, `choose(x, y)` and `keys`.
const PAN = 0.15, ZOOM = 1.5;

const places = (canvas, event) => {
  const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
  return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
};

const listenToPointers = (canvas, map) => {
  const down = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, places(canvas, event));
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = places(canvas, event), before = down.get(event.pointerId);
    if (!before) return map.point(x, y);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    const far = ([u, v]) => Math.hypot(u - other[0], v - other[1]);
    if (other) map.view.zoomBy(far([x, y]) / Math.max(1, far(before)), other[0], other[1]);
    else map.view.pan(before[0] - x, before[1] - y);
    moved += Math.hypot(x - before[0], y - before[1]);
    down.set(event.pointerId, [x, y]);
    map.changed();
  });
  const up = (event) => {
    const before = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (event.type === "pointerup" && before && moved < 4) map.choose(...before);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => map.point(NaN, NaN));
  canvas.addEventListener("wheel", (event) => {
    // Inside another page the wheel scrolls that page until the map is asked for.
    if (map.framed && !event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    map.view.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), ...places(canvas, event));
    map.changed();
  }, { passive: false });
};

const listenToKeys = (canvas, map) => {
  const { view } = map, pan = (right, down) => () => view.pan(right * PAN * view.width, down * PAN * view.height);
  const moves = {
    ArrowLeft: pan(-1, 0), ArrowRight: pan(1, 0), ArrowUp: pan(0, -1), ArrowDown: pan(0, 1),
    "+": () => view.zoomBy(ZOOM), "=": () => view.zoomBy(ZOOM), "-": () => view.zoomBy(1 / ZOOM), 0: () => view.reset(),
    n: () => map.step(1), p: () => map.step(-1), Escape: () => map.choose(NaN, NaN),
  };
  const press = (key) => {
    moves[key]();
    map.changed(key === "n" || key === "p");
  };
  canvas.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    press(event.key);
  });
  for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
};
