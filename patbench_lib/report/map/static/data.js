// Read what the page carries: whole numbers from base 64, and texts that repeat from their codes.
const ARRAYS = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };

const unpacked = ({ bits, bytes }) => {
  const text = atob(bytes);
  const raw = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) raw[i] = text.charCodeAt(i);
  return new ARRAYS[bits](raw.buffer);
};

const readData = (text) => {
  const data = JSON.parse(text);
  return {
    count: data.titles.length,
    xs: unpacked(data.x),
    ys: unpacked(data.y),
    titles: data.titles,
    numbers: data.numbers,
    facts: data.facts.map(({ name, texts, codes }) => ({ name, texts, codes: unpacked(codes) })),
    groupings: data.groupings.map((by) => ({ ...by, codes: unpacked(by.codes) })),
  };
};
