/* The ticket page: an act's dialogue opens as it arrives; closed and opened again it still holds what was typed. */

const place = document.getElementById("act");

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig, target } = event.detail;
  if (target !== place || requestConfig.verb !== "get") return;
  const standing = place.querySelector("dialog");
  if (!standing || standing.dataset.address !== new URL(requestConfig.path, location).pathname) return;
  if (!standing.querySelector('form[data-dirty="yes"]')) return;
  event.preventDefault();
  standing.showModal();
  elt.blur();
});

// Once htmx has wired what came, so that the first letters typed into it are heard.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== place) return;
  const dialogue = place.querySelector("dialog[data-opens]");
  if (!dialogue) return;
  dialogue.showModal();
  const first = dialogue.querySelector("[data-focus], textarea, input:not([type=hidden]), select");
  first?.focus();
});
