/* Charts of the dashboard. Each reads its figures from the table beside it, so that the two cannot differ, and its
   colours from the theme, anew whenever that changes. */

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

// A colour role as the chart library understands it, whatever the notation of the style sheet.
function colour(role) {
  probe.style.color = `var(--${role})`;
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = getComputedStyle(probe).color;
  canvas.fillRect(0, 0, 1, 1);
  return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(", ")})`;
}

// The rows of a table: name, title, and by series its name, its figures as written and as numbers.
function figures(table) {
  const rows = [...table.tBodies[0].rows];
  const series = [...table.tHead.rows[0].cells].flatMap((cell, column) => {
    if (!cell.dataset.series) return [];
    const cells = rows.map((row) => row.cells[column]);
    return [{ code: cell.dataset.series, name: cell.textContent, said: cells.map((each) => each.textContent.trim()), values: cells.map((each) => Number(each.dataset.value)) }];
  });
  return { names: rows.map((row) => row.dataset.name), titles: rows.map((row) => row.dataset.title), series };
}

function tooltip(found) {
  return {
    trigger: "axis",
    renderMode: "richText", // a tooltip of HTML would need inline styles, which the policy refuses
    confine: true,
    axisPointer: { type: "shadow", shadowStyle: { color: colour("ink"), opacity: 0.06 } },
    backgroundColor: colour("surface-raised"),
    borderColor: colour("line-firm"),
    textStyle: { color: colour("text"), fontSize: 13 },
    formatter: ([{ dataIndex }]) => [found.titles[dataIndex], ...found.series.map((each) => `${each.name}  ${each.said[dataIndex]}`)].join("\n"),
  };
}

const STRIPES = { color: "rgba(255, 255, 255, 0.4)", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 }; // for who cannot tell red from green
const NO_TICKS = { axisTick: { show: false } };
const text = () => ({ color: colour("text-quiet"), fontSize: 12 });
const line = (role) => ({ lineStyle: { color: colour(role) } });
const names = (found, more) => ({ type: "category", data: found.names, axisLabel: text(), axisLine: line("line-firm"), ...NO_TICKS, ...more });
const numbers = () => ({ type: "value", minInterval: 1, axisLabel: text(), splitLine: line("line"), axisLine: { show: false }, ...NO_TICKS });

const DRAWN = {
  weeks(found) {
    const stack = (code, role, style) => {
      const each = found.series.find((one) => one.code === code);
      return { name: each.name, type: "bar", stack: "words", barMaxWidth: 32, data: each.values, itemStyle: { color: colour(role), ...style }, emphasis: { disabled: true } };
    };
    return {
      grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
      legend: { left: 0, top: 4, itemWidth: 12, itemHeight: 12, textStyle: text(), selectedMode: false },
      xAxis: names(found),
      yAxis: numbers(),
      series: [stack("kept", "kept"), stack("missed", "overdue-fill", { decal: STRIPES })],
    };
  },
  ages(found) {
    const [each] = found.series;
    return {
      grid: { left: 8, right: 24, top: 8, bottom: 4, containLabel: true },
      xAxis: numbers(),
      yAxis: names(found, { inverse: true }),
      series: [{ name: each.name, type: "bar", barMaxWidth: 24, data: each.values, itemStyle: { color: colour("ink-fill") }, emphasis: { disabled: true } }],
    };
  },
};

const charts = [...document.querySelectorAll("[data-chart]")].map((place) => ({ place, table: document.getElementById(place.dataset.table) }));

function draw() {
  for (const chart of charts) {
    if (!chart.drawn) {
      chart.place.append(document.createElement("div")); // gives the place its height before it is measured
      chart.place.firstChild.style.height = "100%";
      chart.drawn = window.echarts.init(chart.place.firstChild, null, { renderer: "svg" });
    }
    const found = figures(chart.table);
    const font = getComputedStyle(document.body).fontFamily;
    chart.drawn.setOption({ animation: false, textStyle: { fontFamily: font }, tooltip: tooltip(found), ...DRAWN[chart.place.dataset.chart](found) }, true);
  }
}

if (window.echarts && charts.length) {
  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
  const resized = new ResizeObserver(() => charts.forEach(({ drawn }) => drawn.resize()));
  for (const { place } of charts) resized.observe(place);
}

// A choice holds at once; the button is for those without a script, and for days, which are typed.
for (const select of document.querySelectorAll("[data-choices] select")) select.addEventListener("change", () => select.form.requestSubmit());
