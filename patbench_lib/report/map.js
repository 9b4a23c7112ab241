// Draw the map of a study's publications: one trace a group, all of them redrawn when another grouping is asked for.
(() => {
  const box = document.currentScript.closest(".patbench-map");
  const data = JSON.parse(box.querySelector(".patbench-map-data").textContent);
  const plot = box.querySelector(".patbench-map-plot");
  const axis = { visible: false, zeroline: false };
  const layout = {
    height: 620, margin: { l: 5, r: 5, t: 36, b: 5 }, hovermode: "closest", plot_bgcolor: "#ffffff",
    xaxis: { ...axis }, yaxis: { ...axis }, uirevision: "kept",
    legend: { itemsizing: "constant", font: { size: 13 } },
    hoverlabel: { align: "left", bgcolor: "#ffffff", font: { size: 13, color: "#222222" } },
  };
  const tools = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"];  // none that leads out of the page
  const config = { responsive: true, displaylogo: false, displayModeBar: true, modeBarButtons: [tools] };
  const size = data.x.length > 20000 ? 3 : data.x.length > 3000 ? 5 : 7;

  const traces = (by) =>
    by.groups.map((group, code) => {
      const rows = by.rows[code];
      return {
        type: "scattergl", mode: "markers", name: group.name, hovertemplate: "%{text}<extra></extra>",
        x: rows.map((row) => data.x[row]), y: rows.map((row) => data.y[row]),
        text: rows.map((row) => data.hover[row]),
        marker: { size, color: group.colour, symbol: group.symbol, opacity: group.faint ? 0.45 : 0.85 },
      };
    });

  for (const by of data.groupings) {
    by.rows = by.groups.map(() => []);
    by.codes.forEach((code, row) => by.rows[code].push(row));
  }
  const buttons = [...box.querySelectorAll("button")];
  const show = (chosen) => {
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === chosen)));
    Plotly.react(plot, traces(data.groupings[chosen]), layout, config);
  };
  buttons.forEach((button, place) => button.addEventListener("click", () => show(place)));
  show(0);
})();
