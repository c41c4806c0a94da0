/* What the browser adds to pages that work without it: keys, ticking times, toasts, dialogues, guards.
   One module without dependencies; everything is found by data attributes, all words come from the server. */

const words = JSON.parse(document.body.dataset.words || "{}");
const MINUTE = 60, HOUR = 3600, DAY = 86400; // seconds
const STAYS = 8000; // milliseconds a good message stays
const PATIENCE = 10000; // milliseconds that the desk may take to say who is logged in
const DOWNLOAD = 15000; // milliseconds after which a form that did not lead away is free again

/* --- time left ---------------------------------------------------------------------------------------------- */

function timeLeft(due, now) {
  const seconds = Math.floor(Math.abs(due - now) / 1000);
  const unit = seconds >= 2 * DAY ? "days" : seconds >= HOUR ? "hours" : seconds >= 2 * MINUTE ? "minutes" : "seconds";
  const parts = {
    days: Math.floor(seconds / DAY),
    hours: unit === "days" ? Math.floor((seconds % DAY) / HOUR) : Math.floor(seconds / HOUR),
    minutes: unit === "seconds" ? Math.floor(seconds / MINUTE) : Math.floor((seconds % HOUR) / MINUTE),
    seconds: seconds % MINUTE,
  };
  const format = words[(now > due ? "over_" : "left_") + unit];
  return format && format.replace(/%\((\w+)\)s/g, (_, name) => parts[name]);
}

function tick() {
  if (document.hidden) return;
  const now = Date.now() + clockDifference;
  for (const badge of document.querySelectorAll("time[data-due]")) {
    const due = Date.parse(badge.dataset.due);
    const text = timeLeft(due, now);
    if (text && badge.textContent !== text) badge.textContent = text;
    const state = now > due ? "overdue" : now >= Date.parse(badge.dataset.soon) ? "soon" : "calm";
    for (const name of ["calm", "soon", "overdue"]) badge.classList.toggle(`is-${name}`, name === state);
  }
}

// Time is the server's: the page says when it was drawn, so a device whose clock is wrong still counts right.
function serverIsAhead() {
  const old = performance.getEntriesByType("navigation")[0]?.type === "back_forward"; // perhaps drawn long ago
  const ahead = Date.parse(document.body.dataset.now) - Date.now();
  return old || !(Math.abs(ahead) > 3000) ? 0 : ahead;
}

const clockDifference = serverIsAhead(); // milliseconds
setInterval(tick, 1000);

/* --- toasts ------------------------------------------------------------------------------------------------- */

function toast(text, level = "info") {
  const template = document.getElementById("toast-template");
  const place = document.getElementById("toasts");
  if (!text || !template || !place) return;
  const shown = [...place.querySelectorAll("[data-toast] p")].some((p) => p.textContent === text);
  if (shown) return;
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.replace("is-info", `is-${level}`);
  element.querySelector("p").textContent = text;
  place.append(element);
  letGo(element);
}

// A good message goes by itself, unless somebody is reading it; a bad one stays until it is closed.
function letGo(element) {
  if (!element.matches(".is-success, .is-info")) return;
  setTimeout(() => (element.matches(":hover, :focus-within") ? letGo(element) : element.remove()), STAYS);
}

/* --- dialogues ---------------------------------------------------------------------------------------------- */

function openDialogue(dialogue) {
  if (!dialogue || dialogue.open) return;
  if (dialogue.id === "keys") listKeys(dialogue);
  dialogue.showModal();
}

// Resolves to whether the person said yes; without the dialogue on the page, to yes.
function confirmed(question, yes) {
  const dialogue = document.getElementById("confirm");
  if (!dialogue) return Promise.resolve(true);
  const button = dialogue.querySelector("[data-yes]");
  dialogue.querySelector("#confirm-text").textContent = question;
  button.textContent = yes || button.dataset.default;
  dialogue.returnValue = "";
  dialogue.showModal();
  return new Promise((answer) => dialogue.addEventListener("close", () => answer(dialogue.returnValue === "yes"), { once: true }));
}

/* --- clicks ------------------------------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-dialogue], [data-close], [data-dismiss]");
  if (!target) return;
  if (target.dataset.dialogue) openDialogue(document.getElementById(target.dataset.dialogue));
  else if ("close" in target.dataset) target.closest("dialog")?.close();
  else target.closest("[data-toast]")?.remove();
});

/* --- forms: ask first, send once, lose nothing --------------------------------------------------------------- */

let leaving = false; // a form is on its way, so leaving the page loses nothing

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.busy) return event.preventDefault();
  if ((form.dataset.confirm || isCarried(form)) && !form.dataset.sure) return sendOnceSure(event);
  if ("themeForm" in form.dataset) return changeTheme(event);
  if (isHtmx(form)) return; // busy is set when the request starts
  leaving = true;
  if (form.method !== "post") return;
  // After this turn, so that the pressed button's own value still travels with the form.
  setTimeout(() => setBusy(form, true));
  setTimeout(() => setBusy(form, false), DOWNLOAD);
}, true);

// Asks what there is to ask, then sends the form as it was to be sent; a button that has left it meanwhile stays out.
async function sendOnceSure(event) {
  const form = event.target, by = event.submitter;
  event.preventDefault();
  event.stopPropagation();
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm, form.dataset.confirmYes))) return;
  if (isCarried(form)) {
    setBusy(form, true);
    const welcome = await isWelcome();
    setBusy(form, false);
    if (!welcome) return;
  }
  form.dataset.sure = "yes";
  try {
    form.requestSubmit(by?.form === form ? by : null);
  } finally {
    delete form.dataset.sure;
  }
}

/* What somebody has written is sent only while the desk can be reached and they are still logged in: else it would be
   gone with the page. Who logged in again in another tab goes on here, with the token of the new session. */

function isTyped(form) {
  return Boolean(document.body.dataset.who) && form.method === "post" && "dirty" in form.dataset;
}

// Whether the browser itself sends what is typed; htmx asks for itself, before its request.
function isCarried(form) {
  return isTyped(form) && !isHtmx(form);
}

// Whether what is sent now arrives under the name of whom this page was drawn for; says so if not.
async function isWelcome() {
  let user;
  try {
    const answer = await fetch(document.body.dataset.who, { signal: AbortSignal.timeout(PATIENCE) });
    user = (await answer.json()).user;
  } catch {
    toast(words.unreachable, "error");
    return false;
  }
  if (String(user) !== document.body.dataset.user) {
    toast(user ? words.somebody_else : words.logged_out, "error");
    return false;
  }
  const token = document.cookie.match(/(?:^|; )csrftoken=(\w+)/)?.[1];
  if (token) for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}

function isHtmx(form) {
  return form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete], [hx-get]");
}

function setBusy(form, busy) {
  if (busy) form.dataset.busy = "yes";
  else delete form.dataset.busy;
  for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
    if (busy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

// Coming back by the browser's history shows the page as it was left: free its forms again.
window.addEventListener("pageshow", () => {
  leaving = false;
  for (const form of document.querySelectorAll("form[data-busy]")) setBusy(form, false);
});

// Forms marked data-dirty="" turn to "yes" at the first input, and ask before they are left.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-dirty]");
  if (form) form.dataset.dirty = "yes";
});

function isDirty() {
  return document.querySelector('form[data-dirty="yes"]') !== null;
}

window.addEventListener("beforeunload", (event) => {
  if (isDirty() && !leaving) event.preventDefault();
});

function changeTheme(event) {
  event.preventDefault();
  const form = event.target, theme = event.submitter?.value;
  const data = new FormData(form, event.submitter);
  document.documentElement.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    if (button.value === theme) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => toast(words.unreachable, "error"));
}

/* --- keys --------------------------------------------------------------------------------------------------- */

const SEQUENCE = 1200; // milliseconds between the two keys of "g d"
let before = "", beforeAt = 0;

function typing(target) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select");
}

function keysAreOff() {
  return localStorage.getItem("keys") === "off";
}

document.addEventListener("keydown", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.key === "F1") return openWhy(event);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return save(event);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) return event.target.blur();
  if (typing(event.target) || keysAreOff() || document.querySelector("dialog[open]")) return;
  if (event.key === "j" || event.key === "k") return moveInList(event);
  const keys = event.timeStamp - beforeAt < SEQUENCE && before ? `${before} ${event.key}` : event.key;
  const target = keyTarget(keys) || keyTarget(event.key);
  before = event.key;
  beforeAt = event.timeStamp;
  if (!target) return;
  event.preventDefault();
  before = "";
  press(target);
});

// F1 in a field says why it is asked, without taking a stop of the Tab key for it.
function openWhy(event) {
  const why = event.target.closest(".field, .field-group")?.querySelector("[data-why]");
  if (!why) return;
  event.preventDefault();
  why.click();
}

// Ctrl+Enter saves the form one writes in: two keys that no words contain, so they work with the single keys off too.
function save(event) {
  if (event.isComposing) return;
  const place = event.target.closest("form") || document.querySelector("dialog[open]") || document;
  const button = place.querySelector("[data-save]");
  if (!button) return;
  event.preventDefault();
  button.form.requestSubmit(button);
}

function press(target) {
  if (target.matches("input, textarea, select")) {
    target.focus();
    target.select?.();
  } else target.click();
}

// In a list the key acts on the row that has the focus, else on the first thing that bears it.
function keyTarget(keys) {
  const able = (place) => [...place.querySelectorAll("[data-key]")].find((element) => element.dataset.key === keys && !element.disabled);
  const row = document.activeElement?.closest('[data-keys="list"] > *');
  return (row && able(row)) || able(document);
}

// j and k walk the children of lists marked data-keys="list", by the first link of each.
function moveInList(event) {
  const rows = [...document.querySelectorAll('[data-keys="list"] > *')].filter((row) => row.querySelector("a[href]"));
  if (!rows.length) return;
  event.preventDefault();
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
  const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
  row.querySelector("a[href]").focus();
  row.scrollIntoView({ block: "nearest" });
}

// The help lists what this very page offers, in its order.
function listKeys(dialogue) {
  const list = dialogue.querySelector("[data-key-list]"), seen = new Set();
  list.replaceChildren();
  for (const element of document.querySelectorAll("[data-key]")) {
    const keys = element.dataset.key;
    if (seen.has(keys) || keys === "?") continue;
    seen.add(keys);
    const line = document.createElement("div"), term = document.createElement("dt"), meaning = document.createElement("dd");
    for (const key of keys.split(" ")) term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    meaning.textContent = element.dataset.keyLabel || element.getAttribute("aria-label") || labelOf(element);
    line.append(term, meaning);
    list.append(line);
  }
  dialogue.querySelector("[data-key-switch]").checked = !keysAreOff();
}

function labelOf(element) {
  const copy = element.cloneNode(true);
  for (const hint of copy.querySelectorAll(".key-hint")) hint.remove();
  return copy.textContent.trim();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-key-switch]")) localStorage.setItem("keys", event.target.checked ? "on" : "off");
});

/* --- htmx: quiet in hidden tabs, honest about failures ------------------------------------------------------- */

const isPoll = (detail) => !detail.requestConfig.triggeringEvent || detail.requestConfig.triggeringEvent.type === "visibilitychange";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && isPoll(event.detail)) return event.preventDefault();
  const form = event.detail.elt.closest("form");
  if (!form || event.detail.requestConfig.verb === "get") return;
  if (form.dataset.busy) return event.preventDefault();
  setBusy(form, true);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  setBusy(form, false);
  if (event.detail.successful && event.detail.requestConfig.verb !== "get" && form.dataset.dirty) form.dataset.dirty = "";
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const login = document.body.dataset.login, cameFrom = event.detail.xhr.responseURL;
  if (!login || !cameFrom || new URL(cameFrom).pathname !== login || location.pathname === login) return;
  event.detail.shouldSwap = false; // the session has ended: never put the log-in page into a fragment
  if (isDirty()) toast(words.logged_out, "error");
  else location.reload();
});

document.addEventListener("htmx:afterSwap", (event) => {
  tick();
  event.detail.elt.querySelector?.("[data-focus]")?.focus();
  if (event.detail.target.id === "why") openDialogue(event.detail.target);
});

document.addEventListener("htmx:confirm", async (event) => {
  const { elt, question, verb } = event.detail, typed = verb === "post" && elt.matches("form") && isTyped(elt);
  if (!question && !typed) return;
  event.preventDefault();
  if (question && !(await confirmed(question, elt.dataset.confirmYes))) return;
  if (!typed || (await isWelcome())) event.detail.issueRequest(true);
});

document.addEventListener("htmx:sendError", (event) => isPoll(event.detail) || toast(words.unreachable, "error"));
document.addEventListener("htmx:responseError", (event) => {
  if (!isPoll(event.detail)) toast(event.detail.xhr.status === 403 ? words.forbidden : words.refused, "error");
});

// A view says something with the header HX-Trigger: {"toast": {"text": …, "level": …}}.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));

/* --- start -------------------------------------------------------------------------------------------------- */

document.querySelectorAll("#toasts > [data-toast]").forEach(letGo);
document.querySelector("[data-focus]")?.focus();
if (location.hash === "#reply" && keyTarget("r")) press(keyTarget("r")); // an address that leads to the act itself
tick();
