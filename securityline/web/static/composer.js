// The one line in which everything is written: notes, answers, reasons. It stands outside
// the live fragments, keeps a draft for each case, and remembers which case it is for.
const CAN_BE_EMPTY = new Set(["close", "urgency", "break", "verify", "tree_stop", "service_detail", "action_reject", "timer_start", "task_done", "timer_pin", "secret", "handover", "handover_decline", "shift_offer"]);
const OF_NO_CASE = new Set(["break", "shift_offer", "timer_start", "timer_prolong", "timer_end", "timer_pin", "task_done", "test_set", "opening_agreed"]);
const SECRET = new Set(["timer_pin", "secret"]); // shown as dots, and no draft is kept of it

export class Composer {
  constructor({ words, painted, isLoading, press, say }) {
    Object.assign(this, { words, painted, isLoading, press, say });
    this.form = document.getElementById("composer");
    this.line = document.getElementById("line");
    this.label = document.getElementById("line-words");
    this.case = document.getElementById("line-case");
    this.drafts = new Map();
    this.note = "";
    this.incident = null;
    this.task = { act: "note" };
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.line.addEventListener("keydown", (event) => this.onKey(event));
  }

  onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
    else if (event.key === "Escape") { event.preventDefault(); this.cancel(); }
  }

  // Another case is on the card: its own draft comes with it.
  moveTo(incident) {
    if (SECRET.has(this.task.act)) this.back();
    if (this.incident !== null) this.drafts.set(this.incident, { task: this.task, text: this.line.value, note: this.note });
    this.incident = incident;
    const draft = this.drafts.get(incident) ?? { task: { act: "note" }, text: "", note: "" };
    this.line.value = draft.text;
    this.note = draft.note; // the one put aside for a question is of its case, too
    this.begin(draft.task);
  }

  // Beside the line stands whose case it is for, as on the card.
  name() {
    const title = this.incident !== null && this.painted() === this.incident ? document.getElementById("card-title") : null;
    this.case.textContent = title && !OF_NO_CASE.has(this.task.act) ? title.textContent.trim() : "";
  }

  begin(task) {
    this.task = task;
    const name = task.label ?? task.act;
    this.label.textContent = this.words[name] ?? this.words.note;
    this.line.placeholder = task.act === "note" ? this.words.note_hint : "";
    this.form.classList.toggle("asks", task.act !== "note");
    this.form.classList.toggle("secret", SECRET.has(task.act));
    this.name();
  }

  // Ask for a text: the note being written is put aside and comes back.
  ask(task) {
    if (this.task.act === "note") this.note = this.line.value;
    this.begin(task);
    this.line.value = "";
    this.line.focus();
  }

  focus() { this.line.focus(); }

  cancel() {
    if (this.task.act !== "note") this.back();
    this.line.blur();
    document.getElementById("card-area").focus({ preventScroll: true });
  }

  back() {
    this.line.value = this.note;
    this.note = "";
    this.begin({ act: "note" });
  }

  submit() {
    const text = this.line.value.trim();
    const { act, label: _, ...values } = this.task;
    if (!OF_NO_CASE.has(act) && (this.incident === null || this.painted() !== this.incident)) {
      this.say(this.isLoading() ? this.words.card_loading : this.words.no_case, true); // the text stays
      return;
    }
    if (!text && !CAN_BE_EMPTY.has(act)) return;
    const incident = OF_NO_CASE.has(act) ? {} : { incident: this.incident };
    this.press(act, { ...values, ...incident, text });
    if (act === "note") this.line.value = ""; else this.back();
    this.cancel();
  }
}
