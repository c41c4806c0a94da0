/* The calendar of absences: arrow keys move from day to day and from person to person. Without it every absence and
   every name is a link still. */

const table = document.querySelector("[data-away]");
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// The cells of a row by column: a cell across several days stands at each of them.
function columns(row) {
  return [...row.cells].flatMap((cell) => Array(cell.colSpan).fill(cell));
}

function rows() {
  return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.querySelector("td a, th a"));
}

function step(cell, [down, along], column) {
  const all = rows();
  let row = all.indexOf(cell.parentElement) + down;
  let at = column + along;
  for (; all[row]; row += down, at += along) {
    const next = columns(all[row])[at];
    if (!next && along) return null;
    const link = next !== cell && next?.querySelector("a");
    if (link) return [link, at];
  }
  return null;
}

let place = 0; // the column in which one moves, also across a bar that covers several

table?.addEventListener("keydown", (event) => {
  const move = MOVES[event.key];
  const cell = event.target.closest("td, th");
  if (!move || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const mine = columns(cell.parentElement);
  if (mine[place] !== cell) place = mine.indexOf(cell);
  const found = step(cell, move, place);
  if (!found) return;
  event.preventDefault();
  [, place] = found;
  found[0].focus();
});
