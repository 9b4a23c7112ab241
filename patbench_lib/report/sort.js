// Let a table be sorted by the headings of its columns: a button in each, reached by Tab, pressed by Enter, Space or a
// click. The first press puts the best first: numbers from the largest, words from A; the next one turns the order round.
// What is not there ("–") stays last. Nothing is loaded, so it works from a file; without JavaScript the table stands.
(() => {
  const box = document.currentScript.closest(".patbench-sortable");
  const table = box.querySelector("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const text = (row, column) => row.cells[column].textContent.trim();
  const missing = (shown) => shown === "" || shown === "–";
  const number = (shown) => Number.parseFloat(shown.replaceAll(",", "").replace("−", "-"));

  const key = (column, numeric) => (row) => {
    const shown = text(row, column);
    return missing(shown) ? null : numeric ? number(shown) : shown.toLowerCase();
  };
  const order = (value, sign) => (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
  };

  const sort = (column) => {
    const rows = [...body.rows];
    const shown = rows.map((row) => text(row, column)).filter((each) => !missing(each));
    const numeric = shown.length > 0 && shown.every((each) => !Number.isNaN(number(each)));
    const lower = heads[column].textContent.includes("rank");  // of ranks the lowest is best
    const before = heads[column].getAttribute("aria-sort");
    const first = numeric && !lower ? "descending" : "ascending";
    const now = before === null ? first : before === "ascending" ? "descending" : "ascending";
    rows.sort(order(key(column, numeric), now === "ascending" ? 1 : -1));
    rows.forEach((row, place) => {
      for (const cell of row.cells) cell.classList.toggle("gt_striped", place % 2 === 1);
    });
    body.append(...rows);
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", now);
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(column));
    head.append(button);
  });
})();
