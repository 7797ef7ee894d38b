// A soft chime for a new call; three quick high tones when a life is in danger.
let context;

export function wake() {
  try { context ??= new AudioContext(); if (context.state === "suspended") context.resume(); } catch { /* no sound here */ }
}

export function chime(urgency) {
  if (!context || context.state !== "running") return;
  const tones = urgency === 1 ? [988, 1319, 988, 1319] : [659, 880];
  const gap = urgency === 1 ? 0.13 : 0.2;
  tones.forEach((tone, place) => {
    const at = context.currentTime + place * gap;
    const voice = context.createOscillator(), level = context.createGain();
    voice.frequency.value = tone;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(0.16, at + 0.015);
    level.gain.exponentialRampToValueAtTime(0.0005, at + gap * 1.6);
    voice.connect(level).connect(context.destination);
    voice.start(at);
    voice.stop(at + gap * 1.7);
  });
}

// A call rings at this browser: two tones every two seconds, until it rings no more.
const RING_TIME = 2000;
let ringing = null;

export function ring(isRinging) {
  if (!isRinging) { clearInterval(ringing); ringing = null; }
  else if (ringing === null) { ringing = setInterval(() => chime(2), RING_TIME); }
}
