/* Logging a call by keyboard: Enter goes on to what is needed next, Alt+A means anonymous.
   Without it the form works the same: Enter finds the caller, a button saves. */

const form = document.getElementById("intake");
const who = document.getElementById("id_who");
const words = document.getElementById("id_words");
const anonymous = document.getElementById("id_anonymous");
const NARROW = "(max-width: 991.98px)";
let lookedUp = who.value; // the text that the shown caller stands for
let goOn = false; // Enter was pressed before the look-up was answered

/* --- keys ----------------------------------------------------------------------------------------------------- */

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.altKey && event.code === "KeyA" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    anonymous.click();
    return (anonymous.checked ? words : who).focus();
  }
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target === words && goOn && !words.value) return event.preventDefault(); // pressed twice for the caller
  if (!event.target.matches("#intake input")) return;
  event.preventDefault(); // Enter in a line would send the whole form
  if (event.target !== who) return next(event.target)?.focus();
  goOn = who.value.trim() !== lookedUp.trim();
  if (goOn) words.focus(); // what is typed from now on is not the number
  else toWhatIsNeeded();
});

function toWhatIsNeeded() {
  (form.querySelector("#caller [data-next]") || words).focus();
}

// The next field in the order of Tab; of a group of choices only one counts.
function next(field) {
  const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
  const later = fields.slice(fields.indexOf(field) + 1);
  return later.find((one) => !one.disabled && one.checkVisibility() && (one.type !== "radio" || (one.name !== field.name && (one.checked || !groupChecked(one)))));
}

function groupChecked(radio) {
  const group = form.elements[radio.name];
  return Boolean(group.value);
}

/* --- the caller ------------------------------------------------------------------------------------------------ */

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "caller") return;
  lookedUp = event.detail.requestConfig.parameters.who ?? who.value;
  if (goOn && document.activeElement === words && !words.value) toWhatIsNeeded();
  goOn = false;
});

// What was typed or picked to find somebody is no loss when the page is left.
form.addEventListener("input", (event) => {
  if (event.target === who || event.target.name === "customer") event.stopPropagation();
});

/* --- whom of us it is about: one list a colleague, the last one free ---------------------------------------------- */

document.getElementById("about").addEventListener("change", ({ currentTarget, target }) => {
  const lists = [...currentTarget.querySelectorAll("select")];
  const empty = lists.filter((list) => !list.value);
  if (target.value && !empty.length) lists.at(-1).after(copyOf(target));
  else if (!target.value && empty.length > 1) empty.at(-1).remove();
});

function copyOf(list) {
  const copy = list.cloneNode(true);
  copy.removeAttribute("id");
  copy.value = "";
  copy.options[0].text = list.closest("fieldset").dataset.more;
  return copy;
}

/* --- the listening card stays as one left it ---------------------------------------------------------------------- */

const listening = document.getElementById("listening");
const kept = localStorage.getItem("listening");
listening.open = kept === null ? !matchMedia(NARROW).matches : kept === "open";
listening.querySelector("summary").addEventListener("click", () => localStorage.setItem("listening", listening.open ? "closed" : "open"));
