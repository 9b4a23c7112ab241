// Paint all points into an image pixel by pixel: many times faster than a call of the canvas for each point.
// A style is { mask, rgb, opacity, layer }; `drawn` holds the style of each point, 0 for none; low layers lie below.
const LAYERS = 3;

const paintPoints = (image, ground, view, { xs, ys, count }, drawn, styles) => {
  new Uint32Array(image.data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const { perX, perY } = view, left = view.width / 2 - view.x * perX, top = view.height / 2 + view.y * perY;
  for (let layer = 0; layer < LAYERS; layer++) {
    for (let i = 0; i < count; i++) {
      const style = styles[drawn[i]];
      if (style && style.layer === layer) stamp(image, style, Math.round(left + xs[i] * perX), Math.round(top - ys[i] * perY));
    }
  }
};

const stamp = ({ data, width, height }, { mask, rgb, opacity }, x, y) => {
  const { dx, dy, cover, reach } = mask;
  if (x < -reach || y < -reach || x >= width + reach || y >= height + reach) return;
  const [r, g, b] = rgb;
  for (let k = 0; k < cover.length; k++) {
    const px = x + dx[k], py = y + dy[k];
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const at = (py * width + px) * 4, share = cover[k] * opacity;
    data[at] += (r - data[at]) * share;
    data[at + 1] += (g - data[at + 1]) * share;
    data[at + 2] += (b - data[at + 2]) * share;
  }
};
