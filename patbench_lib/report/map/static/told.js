// Tell one publication beside its point. What patents say is set as text, so markup in it stays text.
const element = (name, text = "", properties = {}) =>
  Object.assign(document.createElement(name), { textContent: text }, properties);

const named = (data, row) => data.titles[row] || data.numbers[row];

const tell = (box, data, row) => {
  if (box.dataset.row === String(row)) return;
  box.dataset.row = row;
  if (row < 0) return box.replaceChildren();
  const facts = [{ name: "Number", text: data.numbers[row] }];
  for (const { name, texts, codes } of data.facts) facts.push({ name, text: texts[codes[row]] });
  const list = element("dl");
  for (const { name, text } of facts) if (text) list.append(element("dt", name), element("dd", text));
  box.replaceChildren(element("strong", named(data, row)), list);
};

// Put the box beside a place, on the side where there is room, and never out of the map.
const placeBeside = (box, x, y, width, height) => {
  const left = x + 14 + box.offsetWidth <= width ? x + 14 : x - 14 - box.offsetWidth;
  const top = y + 14 + box.offsetHeight <= height ? y + 14 : y - 14 - box.offsetHeight;
  const within = (value, most) => Math.max(4, Math.min(value, most - 4));
  box.style.left = `${within(left, width - box.offsetWidth)}px`;
  box.style.top = `${within(top, height - box.offsetHeight)}px`;
};
