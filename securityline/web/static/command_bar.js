// One line in which the operator types a few letters of any action on the page. It knows no
// action by itself: it lists the buttons that can be pressed now, so each new one is in it.
// What changed under his fingers is never pressed: the choice is kept by what it would do.
import { match } from "./matching.js";

const ACTIONS = "button, summary, a.button";
const ELSEWHERE = "dialog, #prompter, #command-bar, #composer, [data-do=command], [data-do=digit]";
const MOST_SHOWN = 12;

function isPressable(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true"
    && element.checkVisibility({ visibilityProperty: true }) && !element.closest(ELSEWHERE) && !element.closest("[inert]");
}

function textOf(element) { // as read, without its key, its count and its running clock
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, svg, .count, .elapsed, .countdown")) extra.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function contextOf(element) {
  const who = element.closest(".row")?.querySelector(".who");
  if (who) return textOf(who);
  const room = element.parentElement.closest("[aria-label], [aria-labelledby]");
  const title = room && document.getElementById(room.getAttribute("aria-labelledby"));
  return title ? textOf(title) : (room?.getAttribute("aria-label") ?? "");
}

function actionOf(element) {
  const isCase = element.matches(".row .open"), shown = element.querySelector("kbd");
  const label = textOf((isCase && element.querySelector(".who")) || element);
  const key = shown?.checkVisibility() ? shown.textContent : "";
  const context = isCase ? [...element.querySelectorAll(".sub")].map(textOf).join(" · ") : contextOf(element);
  // What is said of a case may change; what is pressed, and for whom, may not.
  const incident = element.closest("[data-incident]")?.dataset.incident;
  const mark = JSON.stringify([{ ...element.dataset, key: "" }, label, isCase ? "" : context, incident]);
  return { element, label, key, context, isCase, mark };
}

function listed() {
  const actions = [...document.querySelectorAll(ACTIONS)].filter(isPressable).map(actionOf).filter(({ label }) => label);
  const all = [...new Map(actions.reverse().map((one) => [one.mark, one])).values()].reverse(); // the first of equals
  const rank = ({ element, isCase }) => (isCase ? 2 : element.closest(".tools") ? 1 : 0);
  return all.sort((a, b) => rank(a) - rank(b)); // the call and its card, then the page, then other cases
}

export class CommandBar {
  constructor({ words, say, activate }) {
    Object.assign(this, { words, say, activate, found: [], chosen: null });
    this.box = document.getElementById("command-bar");
    this.line = document.getElementById("command-line");
    this.list = document.getElementById("command-list");
    this.none = this.box.querySelector(".none");
    this.line.addEventListener("input", () => { this.chosen = null; this.look(true); });
    this.line.addEventListener("keydown", (event) => this.onKey(event));
    this.line.addEventListener("blur", () => this.hide());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the line keeps the focus
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { event.stopPropagation(); this.chosen = option.dataset.mark; this.take(); }
    });
  }

  get isOpen() { return !this.box.hidden; }

  open() {
    if (this.isOpen) return;
    this.from = document.activeElement;
    this.box.hidden = false;
    this.line.value = "";
    this.chosen = null;
    this.look(true);
    this.line.focus();
  }

  hide() {
    this.box.hidden = true;
    this.list.replaceChildren();
    this.line.setAttribute("aria-expanded", "false");
    this.line.removeAttribute("aria-activedescendant");
  }

  close() {
    const from = this.from?.isConnected && this.from !== document.body ? this.from : document.getElementById("card-area");
    this.hide();
    from.focus({ preventScroll: true });
  }

  onKey(event) {
    if (event.isComposing) return;
    const { key } = event, size = this.found.length;
    if (key === "Escape") this.close();
    else if (key === "Enter") this.take();
    else if (key === "Tab") this.close();
    else if (size && (key === "ArrowDown" || key === "ArrowUp")) {
      const at = this.found.findIndex(({ mark }) => mark === this.chosen), step = key === "ArrowDown" ? 1 : -1;
      this.choose(this.found[at < 0 ? (step > 0 ? 0 : size - 1) : (at + step + size) % size].mark);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The page changed while the bar is open: the list follows, the choice stays what it was.
  refresh() { if (this.isOpen) this.look(false); }

  look(isTyped) {
    this.found = match(this.line.value, listed()).slice(0, MOST_SHOWN);
    this.list.replaceChildren(...this.found.map(({ label, context, key, mark }, place) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `command-${place}`, role: "option" });
      option.dataset.mark = mark;
      const what = document.createElement("span"), where = document.createElement("span");
      what.textContent = label;
      where.textContent = context;
      where.className = "faint";
      option.append(what, " ", where);
      if (key) { const shown = document.createElement("kbd"); shown.textContent = key; option.append(" ", shown); }
      return option;
    }));
    this.none.hidden = this.found.length > 0;
    this.none.textContent = this.found.length ? "" : this.words.no_such_action;
    this.line.setAttribute("aria-expanded", String(this.found.length > 0));
    this.choose(isTyped ? this.found[0]?.mark : this.chosen);
  }

  choose(mark) {
    this.chosen = mark ?? null;
    this.line.removeAttribute("aria-activedescendant");
    for (const option of this.list.children) {
      const isChosen = option.dataset.mark === this.chosen;
      option.setAttribute("aria-selected", String(isChosen));
      if (isChosen) { this.line.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    }
  }

  take() {
    const found = this.chosen && listed().find(({ mark }) => mark === this.chosen);
    if (!found) { if (this.found.length || this.chosen) this.say(this.words.action_gone, true); this.look(false); return; }
    this.close();
    this.activate(found.element);
  }
}
