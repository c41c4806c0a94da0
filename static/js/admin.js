/* What Django's admin leaves unsaid to screen readers: the names of cells in tables of rows to edit, and of pickers. */

const clean = (element) => element?.textContent.replace(/\s+/g, " ").trim();

// A cell of such a table is named by the head of its column.
function nameCells() {
  for (const cell of document.querySelectorAll(".tabular td")) {
    const head = clean(cell.closest("table").querySelectorAll("thead th")[cell.cellIndex]);
    for (const control of cell.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (head && !control.labels?.length) control.setAttribute("aria-label", head);
    }
  }
}

// The scripted picker stands for a select and bears its label.
function namePickers() {
  for (const box of document.querySelectorAll(".select2-container")) {
    const select = box.previousElementSibling;
    const name = clean(select?.labels?.[0])?.replace(/:$/, "") || select?.getAttribute("aria-label");
    if (!name) continue;
    for (const part of box.querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }
}

function nameAll() {
  nameCells();
  namePickers();
  for (const head of document.querySelectorAll(".tabular thead th")) {
    if (!clean(head)) head.setAttribute("role", "none"); // an empty head
  }
  document.querySelectorAll(".selector [aria-label].help-tooltip").forEach((sign) => sign.setAttribute("role", "img"));
  const search = document.getElementById("searchbar");
  search?.setAttribute("aria-label", search.form.querySelector("[type=submit]").value);
}

addEventListener("load", () => setTimeout(nameAll));
document.addEventListener("formset:added", () => setTimeout(nameAll));
