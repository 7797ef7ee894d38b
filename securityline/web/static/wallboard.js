// The wallboard: paints what the server sends. Nothing is pressed here.
import { tickAll, wallClock } from "./elapsed.js";
import { chime, wake } from "./sound.js";
import { Wire } from "./wire.js";

const { seq, run, now } = document.body.dataset;
let clockAhead = Date.now() - Number(now) * 1000;
const showClock = wallClock(document.getElementById("clock"));
const morphing = { morphStyle: "outerHTML" };

function tick() {
  const engineNow = (Date.now() - clockAhead) / 1000;
  showClock(engineNow);
  tickAll(engineNow);
}

function onMessage(message) {
  if (message.now) clockAhead = Date.now() - message.now * 1000;
  for (const { id, html } of message.fragments ?? []) {
    const old = document.getElementById(id);
    if (old) window.Idiomorph.morph(old, html, morphing);
  }
  if (message.alert) chime(message.alert);
  tick();
}

for (const kind of ["click", "keydown"]) document.addEventListener(kind, wake); // browsers sound after a touch only

new Wire({
  path: "/wallboard/live", home: "/wallboard", seq: Number(seq), run, shown: () => null, onMessage, onAnswer() {}, onOpen() {},
  onState: (state) => document.body.classList.toggle("stale", state === "stale"),
});
setInterval(tick, 1000);
tick();
