// A question with numbered answers: kind of incident, urgency, disposition, result. Its
// answers come from the card; it stands outside the live fragments.
const NAMES = "123456789abcdefghijklmnopqrstuvwxyz";

export class Prompter {
  constructor({ words }) {
    this.words = words;
    this.box = document.getElementById("prompter");
    this.title = this.box.querySelector(".words");
    this.choices = this.box.querySelector(".choices");
    this.choices.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.take(button);
    });
  }

  get isOpen() { return !this.box.hidden; }

  open(source, chosen) {
    this.chosen = chosen;
    this.title.textContent = this.words[source.dataset.words] ?? "";
    this.choices.replaceChildren(...[...source.querySelectorAll("button")].map((button, place) => {
      const copy = button.cloneNode(true);
      const key = document.createElement("kbd");
      key.textContent = NAMES[place].toUpperCase();
      copy.dataset.choice = NAMES[place];
      copy.prepend(key, " ");
      return copy;
    }));
    this.from = document.activeElement;
    this.box.hidden = false;
    this.choices.querySelector("button")?.focus();
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

  key(name) {
    if (name === "Escape") { this.close(); return true; }
    const button = [...this.choices.children].find((one) => one.dataset.choice === name);
    if (button) this.take(button);
    return button !== undefined || name.length === 1;
  }
}
