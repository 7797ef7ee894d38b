// This browser as the operator's telephone: one encrypted line to the engine, up all shift,
// so that a blocked microphone or a closed path shows before a call. Who rings and who is
// connected the engine decides; here is only the line, its sound, mute and keys.
import { DeviceTest } from "./device_test.js";
import { Headset } from "./headset.js";

const WANTED = "browser-phone"; // in localStorage: he chose this browser
const RETRY_TIME = 3000, FIRST_RETRY_TIME = 200; // ms: a call may wait for the first
const OFFER_TIME = 8000; // ms without an answer of the engine
const KEY_TIME = 100, KEY_PAUSE = 70; // ms
const MIC = { NotAllowedError: "mic_blocked", SecurityError: "mic_blocked", NotFoundError: "mic_missing", OverconstrainedError: "mic_missing", NotReadableError: "mic_busy", AbortError: "mic_busy" };
const CODECS = ["audio/PCMA", "audio/PCMU", "audio/telephone-event"];

function stop(stream) {
  for (const track of stream.getTracks()) { track.onended = null; track.stop(); }
}

export class Phone {
  constructor({ words, send, say }) {
    Object.assign(this, { words, send, say, state: "off", isMuted: false, isClosed: false, tries: 0 });
    this.box = document.getElementById("line-phone");
    this.isInstalled = this.box.dataset.installed === "yes";
    this.sound = document.getElementById("line-sound");
    this.level = document.getElementById("mic-level");
    this.headset = new Headset(this.box, async (kind) => {
      await (kind === "audioinput" ? this.changeMicrophone() : this.headset.speakBy(this.sound));
      this.test.changed();
    });
    this.test = new DeviceTest({ headset: this.headset, words, say, microphone: () => this.stream });
    addEventListener("pagehide", () => this.close());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.state === "failed" && this.isWanted && !this.isReplaced && this.start());
    if (this.isInstalled && this.isWanted) this.start(); else this.show("off");
  }

  get isWanted() { return localStorage.getItem(WANTED) === "on"; }
  get isUp() { return this.state === "up"; }
  get isKeypadOpen() { return document.getElementById("keypad").open && this.isUp; }

  toggle() {
    if (!this.isInstalled) { this.say(this.words.phone_not_installed, true); return; }
    const isOn = !["off", "failed"].includes(this.state);
    localStorage.setItem(WANTED, isOn ? "off" : "on");
    if (!isOn) { this.start(); return; }
    this.send({ act: "phone_off" });
    this.close();
    this.show("off");
  }

  // ---------------------------------------------------------------- the line

  async start() {
    this.close();
    this.isReplaced = false;
    this.show("connecting");
    const turn = (this.turn = Symbol("start"));
    try {
      if (!navigator.mediaDevices || !window.RTCPeerConnection) { this.fail(this.words.mic_insecure); return; }
      const stream = await navigator.mediaDevices.getUserMedia(this.headset.microphone);
      if (turn !== this.turn) { stop(stream); return; }
      await this.offer(stream);
    } catch (error) {
      if (turn === this.turn) this.fail(this.words[MIC[error.name]] ?? `${this.words.phone_failed} (${error.name})`);
    }
  }

  async offer(stream) {
    const pc = (this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" }));
    const track = this.speakInto(stream);
    const transceiver = pc.addTransceiver(track, { direction: "sendrecv", streams: [stream] });
    const known = RTCRtpReceiver.getCapabilities("audio").codecs;
    transceiver.setCodecPreferences?.(CODECS.flatMap((name) => known.filter((codec) => codec.mimeType === name && codec.clockRate === 8000)));
    this.sender = transceiver.sender;
    pc.ontrack = ({ track: theirs }) => { this.sound.srcObject = new MediaStream([theirs]); this.sound.play().catch(() => {}); };
    pc.onconnectionstatechange = () => { if (pc === this.pc && pc.connectionState === "failed") this.again(); };
    await pc.setLocalDescription();
    // The engine needs none of our addresses: it answers whoever knows its line's password.
    if (!this.send({ act: "phone_offer", sdp: pc.localDescription.sdp })) { this.again(); return; }
    this.timer = setTimeout(() => this.again(), OFFER_TIME);
    this.headset.fill();
    this.headset.speakBy(this.sound);
  }

  // From here on this is the microphone that is heard.
  speakInto(stream) {
    const [track] = stream.getAudioTracks(), pc = this.pc;
    this.stream = stream;
    track.enabled = !this.isMuted && !this.isClosed;
    track.onended = () => { if (pc === this.pc) { this.send({ act: "phone_off" }); this.close(); this.fail(this.words.mic_gone); } };
    this.meter(stream);
    return track;
  }

  // Another microphone, in the middle of a call if need be; the old one until it is there.
  async changeMicrophone() {
    const { pc, sender, stream: old } = this;
    if (!sender) return;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.headset.microphone);
      if (pc !== this.pc) { stop(stream); return; }
      await sender.replaceTrack(this.speakInto(stream));
      stop(old);
    } catch (error) { this.say(this.words[MIC[error.name]] ?? this.words.phone_failed, true); }
  }

  // What the engine says of the line. The browser says "connected" even when it was refused.
  async take({ line, answer, state, why, words, is_passing }) {
    if (answer) {
      clearTimeout(this.timer);
      this.line = line;
      try { await this.pc?.setRemoteDescription({ type: "answer", sdp: answer }); } catch { this.again(); }
    } else if (state === "up") { clearTimeout(this.timer); this.tries = 0; this.show("up"); }
    else if (!this.pc) return;
    else if (is_passing) { this.show("down", words); this.again(words); }
    else {
      this.isReplaced = why === "replaced"; // the choice is the browser's, and another page of it has the line
      if (!this.isReplaced) localStorage.setItem(WANTED, "off");
      this.close();
      this.fail(words);
    }
  }

  // The socket to the engine is a new one: is our line still there?
  resume() {
    if (this.pc && this.line) this.send({ act: "phone_resume", line: this.line });
    else if (this.isWanted && ["down", "connecting"].includes(this.state)) this.again();
  }

  again(words = "") {
    clearTimeout(this.timer);
    this.show("down", words);
    const pause = this.tries ? RETRY_TIME : FIRST_RETRY_TIME;
    this.tries += 1;
    this.timer = setTimeout(() => this.isWanted && !this.isUp && this.start(), pause);
  }

  fail(words) {
    this.show("failed", words);
    this.say(words, true);
  }

  close() {
    clearTimeout(this.timer);
    clearInterval(this.metering);
    this.turn = this.line = null;
    this.meterContext?.close();
    this.pc?.close();
    if (this.stream) stop(this.stream);
    this.pc = this.stream = this.sender = this.meterContext = null;
  }

  // ---------------------------------------------------------------- what he does

  mute() {
    if (!this.stream) return;
    this.isMuted = !this.isMuted;
    for (const track of this.stream.getAudioTracks()) track.enabled = !this.isMuted && !this.isClosed;
    this.show(this.state);
  }

  // Who only listens: the engine drops what he says, and this browser does not even send it.
  closeMicrophone(isClosed) {
    if (this.isClosed === isClosed) return;
    this.isClosed = isClosed;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !this.isMuted && !isClosed;
  }

  digit(key) {
    const dtmf = this.sender?.dtmf;
    if (!dtmf?.canInsertDTMF) { this.say(this.words.no_keys, true); return; }
    dtmf.insertDTMF(dtmf.toneBuffer + key, KEY_TIME, KEY_PAUSE);
  }

  // Microphone and headset, before any call.
  hear() { if (this.isMuted) this.say(this.words.phone_muted, true); else this.test.hear(); }

  meter(stream) {
    clearInterval(this.metering);
    this.meterContext?.close();
    const context = (this.meterContext = new AudioContext());
    const ear = context.createAnalyser(), samples = new Float32Array(1024);
    ear.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(ear);
    this.metering = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
      this.level.value = Math.max(0, 60 + 10 * Math.log10(power + 1e-9)); // dB above -60
    }, 200);
  }

  show(state, words = "") {
    this.state = this.box.dataset.state = state;
    this.box.dataset.muted = this.isMuted && state === "up";
    const plain = { off: "phone_off", connecting: "phone_connecting", up: this.isMuted ? "phone_muted" : "phone_up", down: "phone_down", failed: "phone_failed" };
    this.box.querySelector(".state").textContent = words || this.words[this.isInstalled ? plain[state] : "phone_not_installed"];
    this.box.querySelector("[data-do=phone]").setAttribute("aria-pressed", String(!["off", "failed"].includes(state)));
    this.box.querySelector("[data-do=mute]").setAttribute("aria-pressed", String(this.isMuted));
    document.getElementById("keypad").hidden = this.box.querySelector("[data-do=hear]").hidden = state !== "up";
    this.box.querySelector("[data-do=mute]").hidden = this.level.hidden = !this.stream;
    if (state !== "up") this.headset.hide(); else this.headset.fill();
    this.test.show(state === "up");
  }
}
