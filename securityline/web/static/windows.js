// One desk in several windows of one browser: each shows all of it, the lists, or the card. What
// no other window shows, this one shows, whatever was chosen: a closed window hides no caller.
const PARTS = ["all", "lists", "card"];
const MARK = "securityline-window ";

export class Windows {
  constructor({ follow }) {
    this.chosen = PARTS.find((part) => part === sessionStorage.getItem("part")) ?? "all";
    this.channel = new BroadcastChannel("securityline-desk");
    this.channel.addEventListener("message", ({ data }) => { if (this.shows === "card") follow(data); });
    this.hold();
    this.look();
  }

  get shows() { return document.body.dataset.part; }

  choose(part) {
    this.chosen = part;
    sessionStorage.setItem("part", part);
    this.release?.();
    this.hold();
    this.look();
  }

  // A lock lives as long as its window does, and the browser tells each window of all of them.
  hold() {
    const name = `${MARK}${this.chosen} ${crypto.randomUUID?.() ?? Math.random()}`;
    this.name = name;
    navigator.locks?.request(name, () => new Promise((release) => {
      if (this.name === name) this.release = release; else release();
    })).catch(() => {});
  }

  // Asked each second: windows come and go, and a lock is told a moment after it was asked for.
  async look() {
    const { held } = await navigator.locks?.query().catch(() => null) ?? { held: [] };
    const others = held.filter(({ name }) => name.startsWith(MARK) && name !== this.name).map(({ name }) => name.split(" ")[1]);
    const missing = { card: "lists", lists: "card" }[this.chosen];
    const part = !missing || others.includes("all") || others.includes(missing) ? this.chosen : "all";
    if (document.body.dataset.part !== part) document.body.dataset.part = part;
  }

  // He opened a case here: a window that shows cards opens it too.
  tell(incident) { this.channel.postMessage(incident); }
}
