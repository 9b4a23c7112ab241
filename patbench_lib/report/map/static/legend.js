// The legend: a button a group with its mark, name and count, pressed while the group is shown.
const swatch = (group, colour, ground) => {
  const size = 18, ratio = window.devicePixelRatio || 1;
  const canvas = element("canvas", "", { width: size * ratio, height: size * ratio });
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  new Uint32Array(image.data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const style = { mask: maskOf(group.turn, 5 * ratio), rgb: colour, opacity: 1 };
  stamp(image, style, Math.floor(canvas.width / 2), Math.floor(canvas.height / 2));
  context.putImageData(image, 0, 0);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
};

const drawLegend = (list, groups, colours, ground, isHidden, toggle) => {
  const items = groups.map((group, code) => {
    const button = element("button", "", { type: "button" });
    button.append(swatch(group, colours[code], ground), element("span", group.name), element("b", group.count.toLocaleString("en")));
    button.setAttribute("aria-pressed", String(!isHidden(code)));
    button.addEventListener("click", () => {
      toggle(code);
      button.setAttribute("aria-pressed", String(!isHidden(code)));
    });
    const item = element("li");
    item.append(button);
    return item;
  });
  list.replaceChildren(...items);
};
