// Microphone and loudspeaker before any call: asked once a sign-in of whoever has this browser
// as phone, and whenever he likes. What is played goes to the loudspeaker that callers go to.
const KEPT = "headset-tested"; // in localStorage: which sign-in found it right
const DELAY = 2, HEAR_TIME = 7000, TONE_TIME = 1500; // seconds; ms
const TONE = 600, LOUDNESS = 0.1; // Hz; of full scale

export class DeviceTest {
  constructor({ headset, words, say, microphone }) {
    Object.assign(this, { headset, words, say, microphone, isUp: false, isOpen: false });
    this.row = document.getElementById("device-test");
    this.sound = document.getElementById("test-sound");
    this.steps = [...this.row.querySelectorAll("[data-step]")];
    for (const step of this.steps) step.addEventListener("click", () => this[step.dataset.step]());
    // A call that comes is not talked into.
    new MutationObserver(() => this.isCalled && this.stop()).observe(document.getElementById("phone"), { attributes: true, attributeFilter: ["data-call"] });
  }

  get isCalled() { return Boolean(document.getElementById("phone").dataset.call); }
  get isRight() { return localStorage.getItem(KEPT) === this.row.dataset.session; }

  // The line is up, or no more.
  show(isUp) {
    this.isUp = isUp;
    if (!isUp) { this.isOpen = false; this.stop(); }
    this.draw();
  }

  draw() {
    this.row.hidden = !this.isUp || (this.isRight && !this.isOpen);
    for (const one of this.row.querySelectorAll("[data-while]")) one.hidden = (one.dataset.while === "open") !== this.isOpen;
  }

  begin() {
    const hadFocus = this.row.contains(document.activeElement);
    this.isOpen = true;
    this.draw();
    if (hadFocus) this.row.querySelector("[data-step=right]").focus();
    this.hear();
  }

  right() {
    localStorage.setItem(KEPT, this.row.dataset.session);
    this.isOpen = false;
    this.stop();
    this.draw();
    this.say(this.words.test_right);
  }

  // Where there is but one of each there is nothing to choose.
  other() {
    const choice = this.headset.choices.find((one) => !one.parentElement.hidden);
    if (choice) choice.focus(); else this.say(this.words.no_other_device, true);
  }

  // Another microphone or loudspeaker: heard at once, if he is at the test.
  changed() { if (this.isOpen) this.hear(); }

  // He speaks, and hears himself a little later.
  hear() {
    const stream = this.microphone();
    if (!stream) return;
    this.play(HEAR_TIME, this.words.hear_now, (context) => {
      const later = context.createDelay(DELAY);
      later.delayTime.value = DELAY;
      return context.createMediaStreamSource(stream).connect(later);
    });
  }

  // The loudspeaker alone.
  tone() {
    this.play(TONE_TIME, "", (context) => {
      const note = context.createOscillator(), quiet = context.createGain();
      note.frequency.value = TONE;
      quiet.gain.value = LOUDNESS;
      note.start();
      return note.connect(quiet);
    });
  }

  // By an element as the caller's voice is: only so is it the loudspeaker that was chosen.
  async play(time, told, make) {
    this.stop();
    if (this.isCalled) return;
    const context = (this.context = new AudioContext()), out = context.createMediaStreamDestination();
    make(context).connect(out);
    this.sound.srcObject = out.stream;
    try {
      const isChosen = await this.headset.speakBy(this.sound);
      if (context !== this.context) return;
      await this.sound.play();
      if (!isChosen) this.say(this.words.hear_elsewhere, true); else if (told) this.say(told);
    } catch { if (context === this.context) { this.stop(); this.say(this.words.no_test_sound, true); } }
    if (context === this.context) this.timer = setTimeout(() => this.stop(), time);
  }

  stop() {
    clearTimeout(this.timer);
    this.context?.close();
    this.context = this.sound.srcObject = null;
  }
}
