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
    this.isLong = this.all.length > NAMES.length || "more" in source.dataset;
    this.source = source;
    this.from = document.activeElement;
    this.line.value = "";
    this.line.parentElement.hidden = !this.isLong;
    this.box.hidden = false;
    this.look();
    (this.isLong ? this.line : this.choices.querySelector("button"))?.focus();
  }

  look() {
    const found = this.isLong ? match(this.line.value, this.all) : this.all;
    const shown = found.slice(0, this.isLong ? MOST_SHOWN : NAMES.length).map(({ button }, place) =>
      this.isLong ? (place ? button.cloneNode(true) : withKey(button, "↵")) : withKey(button, NAMES[place].toUpperCase(), NAMES[place]));
    this.choices.replaceChildren(...shown);
    const left = found.length - shown.length;
    this.more.textContent = !found.length ? this.words.nobody_so_called : left ? this.words.more_choices.replace("{count}", left) : "";
  }

  // The whole of the list has come; what was typed meanwhile stands.
  add(source, whole) {
    if (!this.isOpen || this.source !== source) return;
    this.all = choicesOf(whole);
    this.look();
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
