// Find publications whose title and number hold all words that are typed, without regard to case and accents.
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

class Search {
  constructor({ titles, numbers }) {
    Object.assign(this, { titles, numbers, texts: null });
  }

  // Return the rows that match in their order, or null where nothing is asked.
  find(query) {
    const words = folded(query).split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    this.texts ??= this.titles.map((title, i) => folded(`${title} ${this.numbers[i]}`));  // only for those who search
    const rows = [];
    this.texts.forEach((text, i) => words.every((word) => text.includes(word)) && rows.push(i));
    return rows;
  }
}
