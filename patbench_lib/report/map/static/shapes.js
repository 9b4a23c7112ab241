// The shapes of points, each for one turn of the colours, as the share of every pixel that they cover.
const SHAPES = [
  (x, y) => x * x + y * y <= 1,
  (x, y) => Math.abs(x) + Math.abs(y) <= 1.25,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.35 && Math.max(Math.abs(x), Math.abs(y)) <= 1.15,
  (x, y) => x * x + y * y <= 1.3 && x * x + y * y >= 0.4,
];
const GRID = [-0.375, -0.125, 0.125, 0.375];  // where a pixel is looked at, across and down

const MASKS = new Map();

// Return the mask of a shape, made once for each quarter of a pixel of its radius.
const maskOf = (turn, size) => {
  const shape = turn % SHAPES.length, radius = Math.max(0.75, Math.round(size * 4) / 4), key = shape + radius * 64;
  if (!MASKS.has(key)) MASKS.set(key, makeMask(SHAPES[shape], radius));
  return MASKS.get(key);
};

const makeMask = (inside, radius) => {
  const reach = Math.ceil(radius * 1.3);
  const dx = [], dy = [], cover = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let hits = 0;
      for (const v of GRID) for (const u of GRID) hits += inside((x + u) / radius, (y + v) / radius);
      if (hits) dx.push(x), dy.push(y), cover.push(hits / GRID.length ** 2);
    }
  }
  return { dx: Int32Array.from(dx), dy: Int32Array.from(dy), cover: Float32Array.from(cover), reach };
};

const rgbOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
