// Every urgency has its own sound: quick and high when a life is in danger, rising when it is
// urgent, two tones for a normal call, one low tone for information.
const SOUNDS = {
  1: { tones: [988, 1319, 988, 1319], gap: 0.13 },
  2: { tones: [587, 740, 880], gap: 0.17 },
  3: { tones: [659, 880], gap: 0.2 },
  4: { tones: [440], gap: 0.25 },
};
const LOUDEST = 0.27, USUAL = 60, SOFTEST = 10; // per cent; what threatens a life is never silent
let context;

// Of several windows of one browser one sounds: the first that was touched, then the next.
let isHeard = !navigator.locks, hasAsked = false;

function claim() {
  if (hasAsked || !navigator.locks) return;
  hasAsked = true;
  navigator.locks.request("securityline-sounds", () => { isHeard = true; return new Promise(() => {}); }).catch(() => { isHeard = true; });
}

export function wake() {
  try {
    if (!context) { context = new AudioContext(); context.addEventListener("statechange", tellState); }
    if (context.state === "suspended") context.resume();
    claim();
  } catch { /* no sound here: the page says so */ }
  tellState();
}

// A browser makes no sound before somebody touches the page; until then the page says so.
function tellState() {
  const sign = document.getElementById("no-sound");
  if (sign) sign.hidden = context?.state === "running";
}

function volume() {
  const kept = Number(localStorage.getItem("volume") ?? USUAL);
  return Math.min(100, Math.max(SOFTEST, Number.isFinite(kept) ? kept : USUAL));
}

// The slider is this browser's own: a room's loudspeakers are not a headset.
export function adjust(slider) {
  slider.value = volume();
  slider.addEventListener("input", () => localStorage.setItem("volume", slider.value));
  slider.addEventListener("change", () => chime(3));
}

export function chime(urgency) {
  if (!isHeard || !context || context.state !== "running") return;
  play(urgency);
}

// Also in a window that is not the one that sounds: somebody asked for it here.
export function tryOut(urgency) { wake(); if (context?.state === "running") play(urgency); }

function play(urgency) {
  const { tones, gap } = SOUNDS[urgency] ?? SOUNDS[3];
  tones.forEach((tone, place) => {
    const at = context.currentTime + place * gap;
    const voice = context.createOscillator(), level = context.createGain();
    voice.frequency.value = tone;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(LOUDEST * volume() / 100, at + 0.015);
    level.gain.exponentialRampToValueAtTime(0.0005, at + gap * 1.6);
    voice.connect(level).connect(context.destination);
    voice.start(at);
    voice.stop(at + gap * 1.7);
  });
}

// A call rings at this browser: the tones of its urgency every two seconds, until it rings no
// more. The urgency may change while it rings; 0 is no call.
const RING_TIME = 2000;
let ringing = null, ringsFor = 0;

export function ring(urgency) {
  ringsFor = urgency;
  if (!urgency) { clearInterval(ringing); ringing = null; }
  else if (ringing === null) { ringing = setInterval(() => chime(ringsFor), RING_TIME); }
}

// What threatens a life goes on sounding until somebody takes it.
const INSIST_TIME = 4000;
let insisting = null;

export function insist(isWaiting) {
  if (!isWaiting) { clearInterval(insisting); insisting = null; }
  else if (insisting === null) { insisting = setInterval(() => chime(1), INSIST_TIME); }
}
