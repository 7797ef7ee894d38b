// The desk: paints what the server sends, turns keys and clicks into presses. No state of a
// case lives here but what the operator is typing.
import { CommandBar } from "./command_bar.js";
import { Composer } from "./composer.js";
import { tickAll, wallClock } from "./elapsed.js";
import { Prompter } from "./prompter.js";
import { askPassword } from "./password.js";
import { Phone } from "./phone.js";
import { showSecret } from "./secret.js";
import { adjust, chime, insist, ring, tryOut, wake } from "./sound.js";
import { Windows } from "./windows.js";
import { Wire } from "./wire.js";

const $ = (id) => document.getElementById(id);
const { operator, seq, run, now } = document.body.dataset;
const words = Object.fromEntries([...$("script-words").querySelectorAll("dt")].map((dt) => [dt.textContent, dt.nextElementSibling.textContent]));
const kept = { card: new Map(), log: new Map(), more: new Map() }; // what was last sent for each case
const MOST_KEPT = 80;
const NOTHING_MORE = '<section id="more"></section>'; // of the case before must not stand under this one
let shown = null;
let phone = null, bar = null, windows = null;
let popped = null;
let followed = "";
const LIVE_LINE = "#card .line:is(.summoning, .dialled, .ringing, .speaking)"; // to an emergency service
const fresh = new Map(); // calls that came in just now: their row flashes when it is there
const FLASH_TIME = 3500;
let clockAhead = Date.now() - Number(now) * 1000;
let hasLetters = localStorage.getItem("letters") !== "off";

// ---------------------------------------------------------------- painting

const morphing = { morphStyle: "outerHTML", ignoreActiveValue: true, restoreFocus: true };

function paint(id, html) {
  const old = $(id);
  if (old) window.Idiomorph.morph(old, html, morphing);
}

function swap(id, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  $(id)?.replaceWith(fresh.content);
}

function keep(id, incident, html) {
  kept[id].delete(incident);
  kept[id].set(incident, html);
  if (kept[id].size > MOST_KEPT) kept[id].delete(kept[id].keys().next().value);
}

function onMessage(message) {
  if (message.is_full) for (const each of Object.values(kept)) each.clear();
  if (message.now) clockAhead = Date.now() - message.now * 1000;
  for (const { id, html, incident } of message.fragments ?? []) {
    if (incident) keep(id, incident, html);
    if (!incident) (id in kept ? swap : paint)(id, html); // of no case: there is no such card
    else if (incident === shown) ($(id)?.dataset.incident === incident ? paint : swap)(id, html);
  }
  if (message.ends_at) sessionEnds(message.ends_at);
  if (message.secret) showSecret(message.secret);
  if (message.phone) phone.take(message.phone);
  composer.name();
  follow();
  if (message.say) say(message.say, message.is_wrong);
  if (message.pop) onPop(message.pop);
  if (message.alert) onAlert(message.alert);
  decorate();
}

// A line to an emergency service, else the step to do now, stays in sight; where the operator scrolled to is left alone else.
function follow() {
  const line = document.querySelector(LIVE_LINE), current = document.querySelector("#card .step.current");
  const name = line ? `${shown} ${line.dataset.line}` : current ? `${shown} ${current.dataset.step}` : "";
  if (line && name !== followed) toTop(line.closest(".services"));
  else if (current && name !== followed) current.scrollIntoView({ block: "nearest" });
  followed = name;
  keepWho();
}

// Whose card it is stays in sight, in a line, when the card is scrolled.
function keepWho() {
  const area = $("card-area"), who = document.querySelector("#card .who");
  area.classList.toggle("past-who", who ? who.getBoundingClientRect().top < area.getBoundingClientRect().top : false);
}
$("card-area").addEventListener("scroll", keepWho, { passive: true });

function toTop(element) { // of the card alone: the page itself never scrolls
  const area = $("card-area");
  area.scrollTop += element.getBoundingClientRect().top - area.getBoundingClientRect().top - 10;
}

new ResizeObserver(() => {
  if (!document.querySelector(LIVE_LINE)) document.querySelector("#card .step.current")?.scrollIntoView({ block: "nearest" });
  if (getComputedStyle(document.body).overflow === "hidden") window.scrollTo(0, 0); // after a zoom, which may have scrolled it
  keepWho();
}).observe($("card-area"));

function decorate() {
  for (const row of document.querySelectorAll(".row")) {
    const isShown = row.dataset.incident === shown;
    row.classList.toggle("shown", isShown);
    row.classList.toggle("fresh", Date.now() - (fresh.get(row.dataset.call) ?? 0) < FLASH_TIME);
    row.querySelector(".open").setAttribute("aria-current", isShown);
  }
  const waiting = document.querySelectorAll("#calls .call").length;
  document.title = (waiting ? `(${waiting}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  if (popped?.isAlert) { // its row comes a little later, and goes when somebody takes it
    if ($(`waits-${popped.incident}`)) popped.isListed = true;
    else if (popped.isListed) hidePop();
  }
  for (const one of document.querySelectorAll("[data-mine]")) {
    const { mine, by, but = "" } = one.dataset; // `but`: who said that he knows
    one.hidden = (mine === "yes") !== (by === operator) || but.split(" ").includes(operator);
  }
  bar?.refresh();
  phone?.closeMicrophone($("phone").dataset.microphone === "closed");
  ring($("phone").dataset.state === "offered" && phone?.isUp ? Number($("phone").dataset.urgency) : 0);
  // Not into the ear of who speaks with somebody, nor for a case under duress, which nothing may give away.
  insist(!isOnCall() && document.querySelector(":is(#calls, #attention) .row.u1:not(:has(.duress))") !== null);
  if (!shown && $("phone").dataset.incident) show($("phone").dataset.incident);
  tick();
}

adjust($("volume"));
const showClock = wallClock($("clock"));

function tick() {
  const engineNow = (Date.now() - clockAhead) / 1000;
  showClock(engineNow);
  tickAll(engineNow);
  windows?.look();
}

function say(text, isWrong = false) {
  const line = document.createElement("p");
  line.textContent = text;
  line.className = isWrong ? "wrong" : "";
  $("say").append(line);
  while ($("say").children.length > 3) $("say").firstChild.remove();
  setTimeout(() => line.remove(), isWrong ? 12000 : 2500);
}

// Stays in sight until he signs in again: a limit must not come as a surprise.
function sessionEnds(at) {
  const banner = $("session-ends");
  banner.querySelector(".countdown").dataset.until = at;
  banner.hidden = false;
}

// ---------------------------------------------------------------- cases and pops

function isTyping() {
  return document.activeElement?.matches("textarea, input, select") || prompter.isOpen || document.querySelector("dialog[open]") !== null;
}

function show(incident) {
  if (popped?.incident === incident) hidePop();
  if (incident === shown) return;
  shown = incident;
  sessionStorage.setItem("shown", incident);
  if (prompter.isOpen) prompter.close(); // its question was about the case before
  composer.moveTo(incident);
  putUp();
  composer.name();
  $("card-area").scrollTop = 0;
  wire.show(incident);
  decorate();
}

// The card of the case before goes at once: a key never meets a card that is not the shown one's.
function putUp() {
  for (const id of ["card", "log"]) swap(id, kept[id].get(shown) ?? $(`${id}-loading`).innerHTML);
  swap("more", kept.more.get(shown) ?? NOTHING_MORE);
}

// The case whose card can be seen: whatever is pressed on the card is for it, and for no other.
function painted() { return $("card").dataset.incident ?? null; }

function isLoading() { return $("card").classList.contains("loading"); }

// By his own hand, unlike what the server brings: his other window follows.
function open(incident) { show(incident); windows.tell(incident); }

function onPop(pop) {
  const isMine = pop.rung.includes(operator);
  fresh.set(pop.call, Date.now());
  if (!isMine) return;
  chime(pop.urgency);
  $("shout").textContent = `${words.new_call}: ${pop.words}`;
  if (!isTyping() && !isOnCall()) { show(pop.incident); return; }
  offer(pop, words.new_call);
}

// A case waits for an operator and nobody is on the line: its row stands in front already.
function onAlert(alert) {
  if (alert.urgency === 1 || !isOnCall()) chime(alert.urgency);
  if (!alert.incident) { say(`${words.shift_late}: ${alert.words}`, true); return; }
  const what = { action: words.action_waits, late: words.too_late, handover: words.handover_waits }[alert.for] ?? words.case_waits;
  $("shout").textContent = `${what}: ${alert.words}`;
  if (popped === null || popped.isAlert) offer({ ...alert, isAlert: true }, what);
}

function isOnCall() { return ["talking", "held", "dialling", "consulting"].includes($("phone").dataset.state); }

function offer(pop, what) {
  if (pop.incident === shown) return;
  popped = pop;
  $("pop").querySelector(".words").textContent = `${what}: ${pop.words}`;
  $("pop").hidden = false;
}

function hidePop() { popped = null; $("pop").hidden = true; }

function step(direction) {
  const rows = [...document.querySelectorAll(".side .row")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.dataset.incident === shown);
  const next = rows[at < 0 ? (direction > 0 ? 0 : rows.length - 1) : (at + direction + rows.length) % rows.length];
  open(next.dataset.incident);
  next.scrollIntoView({ block: "nearest" });
}

// ---------------------------------------------------------------- presses

function press(act, values) {
  if (values?.password === "ask") { askPassword((password) => press(act, { ...values, password })); return; }
  if (!wire.press(act, values)) say(words.not_sent, true);
}

const SAID_SAVED = /^(note|shift_\w+|close|case_park|handover\w*|task_done|timer_\w+|test_\w+)$/;

function onAnswer(pending, { error }) {
  if (error) say(words[error] ?? error, true);
  else if (pending && SAID_SAVED.test(pending.press.act)) say(words.saved);
}

const DO = {
  show: ({ incident }) => open(incident),
  "show-pop": () => popped && open(popped.incident),
  window: () => prompter.open($("window-parts"), ({ part }) => windows.choose(part)),
  command: () => bar.open(),
  help: () => $("help").open ? $("help").close() : $("help").showModal(),
  "try-sound": ({ urgency }) => tryOut(Number(urgency)),
  note: () => composer.focus(),
  phone: () => phone.toggle(),
  mute: () => phone.mute(),
  hear: () => phone.hear(),
  digit: ({ digit }) => phone.digit(digit),
  "tree-stop": ({ tree }) => composer.ask({ act: "tree_stop", tree }),
  transfer: ({ call }) => $("transfer-to").children.length ? prompter.open($("transfer-to"), (values) => press("transfer", { call, ...values })) : say(words.no_operator, true),
  park: () => composer.ask({ act: "case_park", label: "park" }),
  shift: () => composer.ask({ act: "shift_offer" }),
  break: () => composer.ask({ act: "break", label: "break_reason" }),
  skip: ({ step }) => composer.ask({ act: "skip", step }),
  "write-answer": ({ step, label, again }) => composer.ask({ act: "answer_step", label: label ?? "answer", step, ...(again && { again }) }),
  "done-why": (values) => composer.ask({ act: "answer_step", label: "off_path", ...values }),
  verify: ({ choices: _, ...values }) => prompter.open($("results"), (result) => composer.ask({ act: "verify", ...values, ...result, label: "answer" })),
  "verify-again": ({ choices }) => prompter.open($(choices), (values) => DO.verify(values)),
  choose: ({ choices }) => {
    const { act, then, ask } = $(choices).dataset; // `ask`: the server counts the first of two keys
    const incident = painted();
    if (ask) press(ask, { incident });
    prompter.open($(choices), (values) => then ? composer.ask({ act, label: then, ...values }) : press(act, { incident, ...values }));
  },
  "put-on-test": (place) => place.site ? composer.ask({ act: "test_set", label: "test_text", ...place })
    : prompter.open($("sites-to-test"), (values) => composer.ask({ act: "test_set", label: "test_text", ...values })),
  "agree-opening": (place) => composer.ask({ act: "opening_agreed", label: "opening_text", ...place }),
  // A supervisor comes onto a call: how, and what for; once he is there, only how.
  visit: (values) => prompter.open($("visit-modes"), (mode) => prompter.open($("visit-reasons"), (why) => { press("visit", { ...values, ...mode, ...why }); show(values.incident); })),
  "visit-change": (values) => prompter.open($("visit-modes"), (mode) => press("visit", { ...values, ...mode })),
  decide: ({ choices, ...values }) => prompter.open($(choices), ({ act }) => ["action_reject", "handover_decline"].includes(act) ? composer.ask({ act, ...values }) : press(act, values)),
  "call-off": (values) => composer.ask({ act: "action_reject", ...values }),
  // Two questions: which task, then what came of it.
  "choose-two": ({ choices }) => {
    const second = $($(choices).dataset.thenChoose);
    prompter.open($(choices), (first) => prompter.open(second, (values) => composer.ask({ act: second.dataset.act, label: second.dataset.then, ...first, ...values })));
  },
};

function activate(element) {
  const { act, do: what, key: _, ...values } = element.dataset;
  if (what) { DO[what]?.(values); return; }
  if (!act) { element.click(); return; }
  if (element.closest("#card")) values.incident ??= painted();
  if (act === "take") open(values.incident);
  if (act === "service" && element.disabled) return;
  if (act === "answer") {
    const incident = element.closest("[data-incident]")?.dataset.incident;
    if (incident) open(incident);
  }
  press(act, values);
}

document.addEventListener("click", (event) => {
  wake();
  const element = event.target.closest("[data-act], [data-do]");
  if (element && !element.closest("#prompter")) activate(element);
});

for (const choice of [$("language"), $("theme")]) choice.addEventListener("change", () => choice.form.submit());

// ---------------------------------------------------------------- keys

const CAN_BE_OF_A_CARD = /^(\S|Shift\+[A-Z]|F\d+)$/;
const SECOND_LAYER = /^[a-z]$/i; // Shift and a letter is another key than the letter

function nameOf(event) {
  if (event.key === "/") return "/"; // Shift+7 on a German keyboard
  if (event.shiftKey && SECOND_LAYER.test(event.key)) return `Shift+${event.key.toUpperCase()}`;
  if (/^(Digit|Numpad)\d$/.test(event.code)) return event.code.slice(-1); // AZERTY's digits need Shift
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function find(name) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(name)}" i]`)];
  const onCard = all.filter((one) => one.closest("#phone, #card"));
  return all.find((one) => one.closest("#phone")) ?? onCard.find((one) => one.checkVisibility()) ?? all.find((one) => one.checkVisibility());
}

document.addEventListener("keydown", (event) => {
  wake();
  const name = nameOf(event), isLetter = name.length === 1 || name.startsWith("Shift+");
  if (event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.altKey && name === "0") { toggleLetters(event); return; }
  if (phone.isKeypadOpen && !isTyping() && typeKey(event)) return;
  if (prompter.isOpen && !event.altKey) { if (prompter.key(name)) event.preventDefault(); return; }
  if (isTyping() ? isLetter || name.length < 2 : isLetter && !hasLetters && !event.altKey && name !== "?") return;
  if (!isTyping() && walk(name)) { event.preventDefault(); return; }
  if (isTyping() && !/^F\d/.test(name)) return;
  const element = find(name);
  if (element) { event.preventDefault(); activate(element); }
  else if (isLoading() && name === "F4") { event.preventDefault(); composer.focus(); } // what he writes is kept for that case
  else if (isLoading() && CAN_BE_OF_A_CARD.test(name)) say(words.card_loading, true);
});

// While the telephone's keys are open, the keyboard's are those.
function typeKey(event) {
  const key = /^(Digit|Numpad)\d$/.test(event.code) && event.key !== "*" && event.key !== "#" ? event.code.slice(-1) : event.key;
  if (key === "Escape") $("keypad").open = false;
  else if (/^[0-9*#]$/.test(key)) phone.digit(key);
  else return false;
  event.preventDefault();
  return true;
}

function walk(name) {
  if (name === "ArrowDown") step(1);
  else if (name === "ArrowUp") step(-1);
  else if (name === "PageDown" || name === "PageUp") $("card-area").scrollBy({ top: (name === "PageDown" ? 0.8 : -0.8) * $("card-area").clientHeight });
  else if (name === "p" && hasLetters) {
    const audio = document.querySelector("#log audio");
    if (audio) audio.paused ? audio.play() : audio.pause();
  } else return false;
  return true;
}

function toggleLetters(event) {
  event.preventDefault();
  hasLetters = !hasLetters;
  localStorage.setItem("letters", hasLetters ? "on" : "off");
  say(hasLetters ? words.letters_on : words.letters_off);
}

// ---------------------------------------------------------------- begin

for (const line of $("say").children) setTimeout(() => line.remove(), 12000); // said with the page
const prompter = new Prompter({ words });
bar = new CommandBar({ words, say, activate });
const composer = new Composer({ words, painted, isLoading, press, say });
shown = sessionStorage.getItem("shown");
if (shown) { composer.moveTo(shown); putUp(); }
windows = new Windows({ follow: (incident) => { if (!document.hasFocus() || !isTyping()) show(incident); } });
const wire = new Wire({
  seq: Number(seq), run, shown: () => shown, onMessage, onAnswer,
  onState: (state) => { document.body.classList.toggle("stale", state === "stale"); document.body.classList.remove("starting"); },
  onOpen: () => phone.resume(),
});
phone = new Phone({ words, say, send: (message) => wire.send(message) });
setInterval(tick, 1000);
setInterval(() => fresh.forEach((at, call) => Date.now() - at > FLASH_TIME && fresh.delete(call)), 60000);
decorate();
