// The desk's one socket: reconnects by itself, resumes after the last number it saw, sends
// a press again until the server says it is saved. The server does each press once.
const ONE_SHOT = new Set(["answer", "hang_up", "hold", "resume", "ready", "break", "tree_pause", "tree_resume", "tree_jump", "tree_call", "tree_join", "timer_pin", "secret", "secret_reveal", "phrase", "speak_ask", "speak", "transfer", "give", "case_unpark", "handover_accept", "shift_accept", "shift_withdraw", "action_request", "action_approve", "timer_prolong", "service", "service_end", "visit", "leave"]);
const ONE_SHOT_AGE = 5000; // ms: an old "hang up" must not reach the next call
const OLDEST = 600_000; // ms: the server forgets after 15 minutes what it did, and would do it twice
const AT_ANY_AGE = new Set(["note"]); // rather twice than lost: nobody is called by it
// A dead server is told within 2 s, also one that stands still with its sockets open: asked
// after 0.7 s of silence, given up after 1.5 s; both are looked at four times a second.
const BEAT = 250, ASK_AFTER = 700, QUIET = 1500; // ms
const PATIENCE = 500; // ms for an answer: after a pause of the page itself the server is asked first
const DEAD = 6000; // ms: a new socket is tried

export class Wire {
  constructor({ path = "/desk/live", home = "/", seq, run, shown, onMessage, onState, onAnswer, onOpen }) {
    Object.assign(this, { path, home, seq, run, shown, onMessage, onState, onAnswer, onOpen });
    this.pending = new Map();
    this.failures = 0;
    this.heard = performance.now();
    this.connect();
    this.askedAt = null; // when the server was asked whether it lives, and has not answered
    setInterval(() => this.beat(), BEAT);
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.asked = this.shown() ?? "";
    const query = new URLSearchParams({ after: this.seq, run: this.run, shown: this.asked });
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}${this.path}?${query}`));
    socket.onopen = () => { this.heard = performance.now(); this.askedAt = null; };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  lost(socket, code) {
    if (socket !== this.socket || this.isOver) return;
    this.onState("stale");
    if (code === 4001) { location.assign("/sign-in"); return; }
    this.failures += 1;
    const pause = Math.min(250 * 2 ** Math.min(this.failures, 4), 3000) * (0.7 + Math.random() * 0.6);
    setTimeout(() => this.again(), pause);
  }

  async again() {
    if (this.failures % 3 === 0) {
      try {
        const answer = await fetch(this.home, { redirect: "manual", cache: "no-store" });
        if (answer.type === "opaqueredirect") { location.assign("/sign-in"); return; }
      } catch { /* the server is away; the socket says so too */ }
    }
    this.connect();
  }

  receive(message) {
    this.heard = performance.now();
    this.askedAt = null;
    if (message.ended) { this.isOver = true; location.assign(`/sign-in?ended=${encodeURIComponent(message.ended)}`); return; }
    if (message.run) {
      this.failures = 0;
      this.run = message.run;
      this.resend();
      this.onOpen();
      if ((this.shown() ?? "") !== this.asked) this.show(this.shown());
    }
    if (message.seq !== undefined) this.seq = Math.max(message.is_full ? 0 : this.seq, message.seq);
    if (message.re) {
      const press = this.pending.get(message.re);
      this.pending.delete(message.re);
      this.onAnswer(press, message);
    }
    this.onState("live");
    if (message.fragments || message.say || message.alert || message.phone || message.secret || message.ends_at) this.onMessage(message);
  }

  press(act, values = {}) {
    const random = crypto.getRandomValues(new Uint32Array(4));
    const id = Array.from(random, (n) => n.toString(36)).join("");
    const press = { id, act, ...values };
    this.pending.set(id, { press, at: performance.now(), day: Date.now() });
    return this.send(press);
  }

  show(incident) { this.send({ act: "show", incident: incident ?? "" }); }

  send(message) {
    const isOpen = this.socket.readyState === WebSocket.OPEN;
    if (isOpen) this.socket.send(JSON.stringify(message));
    return isOpen;
  }

  resend() {
    for (const [id, { press, at, day }] of [...this.pending]) {
      const age = Math.max(performance.now() - at, Date.now() - day); // the first stands still in a machine that sleeps
      if (age > (ONE_SHOT.has(press.act) ? ONE_SHOT_AGE : AT_ANY_AGE.has(press.act) ? Infinity : OLDEST)) {
        this.pending.delete(id);
        this.onAnswer({ press }, { error: "too_old" });
      } else this.send(press);
    }
  }

  beat() {
    const now = performance.now(), quiet = now - this.heard;
    const isUnanswered = this.askedAt !== null && now - this.askedAt >= PATIENCE;
    if (isUnanswered && quiet > QUIET) this.onState("stale");
    if (isUnanswered && quiet > DEAD && this.socket.readyState === WebSocket.OPEN) this.socket.close();
    else if (this.askedAt === null && quiet > ASK_AFTER) { this.askedAt = now; this.send({ act: "ping" }); }
  }
}
