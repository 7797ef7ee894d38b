// A question with numbered answers: kind of incident, urgency, disposition, result. Its
// answers come from the card; it stands outside the live fragments. Where there are more
// answers than keys, a few letters find one and Enter takes the first.
import { match } from "./matching.js";

const NAMES = "123456789abcdefghijklmnopqrstuvwxyz";
const MOST_SHOWN = 14;

function choicesOf(source) {
  return [...source.querySelectorAll("button")].map((button) => ({ button, label: button.textContent.trim(), context: "", key: "" }));
}

function withKey(button, text, name = "") {
  const copy = button.cloneNode(true), key = document.createElement("kbd");
  key.textContent = text;
  if (name) copy.dataset.choice = name;
  copy.prepend(key, " ");
  return copy;
}

async function fetched(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(3000) });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

export class Prompter {
  constructor({ words }) {
    this.words = words;
    this.box = document.getElementById("prompter");
    this.title = this.box.querySelector(".words");
    this.line = document.getElementById("prompter-line");
    this.more = this.box.querySelector(".more");
    this.choices = this.box.querySelector(".choices");
    this.choices.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.take(button);
    });
    this.line.addEventListener("input", () => this.look());
  }

  get isOpen() { return !this.box.hidden; }

  open(source, chosen) {
    this.chosen = chosen;
    this.title.textContent = this.words[source.dataset.words] ?? "";
    this.all = choicesOf(source);
    this.isLong = this.all.length > NAMES.length || "more" in source.dataset || "search" in source.dataset;
    this.source = source;
    this.from = document.activeElement;
    this.line.value = "";
    this.line.parentElement.hidden = !this.isLong;
    this.box.hidden = false;
    this.choices.replaceChildren();
    this.look();
    (this.isLong ? this.line : this.choices.querySelector("button"))?.focus();
    if (source.dataset.more) this.complete(source);
  }

  look() {
    if ("search" in this.source.dataset) this.search(this.source.dataset.search);
    else this.show(this.isLong ? match(this.line.value, this.all) : this.all);
  }

  // The engine finds them. What was found for other letters is never there to be taken.
  async search(where) {
    const asked = this.line.value, isStill = () => this.isOpen && this.line.value === asked;
    this.choices.replaceChildren();
    this.more.textContent = "";
    try {
      const page = await fetched(`${where}?like=${encodeURIComponent(asked)}`);
      if (isStill()) this.show(choicesOf(page));
    } catch { if (isStill()) this.more.textContent = this.words.cannot_be_had; }
  }

  // The card has the likeliest of a long list; the others come when they are asked for, and
  // what was typed meanwhile stands.
  async complete(source) {
    try {
      const page = await fetched(source.dataset.more);
      if (!this.isOpen || this.source !== source) return;
      this.all = choicesOf(page);
      this.look();
    } catch { if (this.source === source) this.more.textContent = this.words.likeliest_only; }
  }

  show(found) {
    const shown = found.slice(0, this.isLong ? MOST_SHOWN : NAMES.length).map(({ button }, place) =>
      this.isLong ? (place ? button.cloneNode(true) : withKey(button, "↵")) : withKey(button, NAMES[place].toUpperCase(), NAMES[place]));
    this.choices.replaceChildren(...shown);
    const left = found.length - shown.length;
    this.more.textContent = !found.length ? this.words.nobody_so_called : left ? this.words.more_choices.replace("{count}", left) : "";
  }

  close() {
    this.box.hidden = true;
    this.choices.replaceChildren();
    if (this.from?.isConnected) this.from.focus({ preventScroll: true });
  }

  take(button) {
    const { choice: _, ...values } = button.dataset;
    this.close();
    this.chosen(values);
  }

  // Whether the key was for the question; the others go where they would.
  key(name) {
    if (name === "Escape") { this.close(); return true; }
    if (this.isLong) {
      const first = this.choices.querySelector("button");
      if (name !== "Enter" || document.activeElement !== this.line) return false;
      if (first) this.take(first);
      return true;
    }
    const button = [...this.choices.children].find((one) => one.dataset.choice === name);
    if (button) this.take(button);
    return button !== undefined || name.length === 1;
  }
}
