// What part of the map is seen: its middle, in steps of the data, and how many times larger than the whole.
const STEPS = 65535, MOST = 200, MARGIN = 0.03;

class View {
  constructor() {
    this.width = this.height = 1;
    this.reset();
  }

  reset() {
    Object.assign(this, { zoom: 1, x: STEPS / 2, y: STEPS / 2 });
  }

  get perX() { return (this.width * (1 - 2 * MARGIN) * this.zoom) / STEPS; }
  get perY() { return (this.height * (1 - 2 * MARGIN) * this.zoom) / STEPS; }
  atX(x) { return (x - this.x) * this.perX + this.width / 2; }
  atY(y) { return (this.y - y) * this.perY + this.height / 2; }

  pan(right, down) {
    this.goTo(this.x + right / this.perX, this.y - down / this.perY, this.zoom);
  }

  // Zoom about a place on the screen, which stays where it is.
  zoomBy(factor, px = this.width / 2, py = this.height / 2) {
    const zoom = Math.min(MOST, Math.max(1, this.zoom * factor)), kept = 1 - this.zoom / zoom;
    this.goTo(this.x + ((px - this.width / 2) / this.perX) * kept, this.y - ((py - this.height / 2) / this.perY) * kept, zoom);
  }

  // Some of the map is always in sight: its middle stays within it.
  goTo(x, y, zoom) {
    const within = (value) => Math.min(STEPS, Math.max(0, value));
    Object.assign(this, { x: within(x), y: within(y), zoom });
  }

  sees(x, y) {
    const px = this.atX(x), py = this.atY(y);
    return px >= 0 && py >= 0 && px < this.width && py < this.height;
  }
}

// Return the row of the point nearest to a place on the screen and no farther than `reach` pixels, or -1.
const nearest = (view, { xs, ys, count }, wanted, px, py, reach) => {
  let best = -1, least = reach * reach;
  for (let i = 0; i < count; i++) {
    if (!wanted(i)) continue;
    const far = (view.atX(xs[i]) - px) ** 2 + (view.atY(ys[i]) - py) ** 2;
    if (far <= least) best = i, least = far;
  }
  return best;
};

// Return the rows that are wanted, the nearest to the middle of what is seen first.
const byDistance = (view, { xs, ys, count }, wanted) => {
  const far = new Float64Array(count), rows = [];
  for (let i = 0; i < count; i++) {
    if (!wanted(i)) continue;
    far[i] = (view.atX(xs[i]) - view.width / 2) ** 2 + (view.atY(ys[i]) - view.height / 2) ** 2;
    rows.push(i);
  }
  return rows.sort((a, b) => far[a] - far[b]);
};
