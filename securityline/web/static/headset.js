// Which microphone and which loudspeaker the line uses: the browser's own, until the operator
// chooses others. One that was unplugged is no longer asked for; it comes back when plugged in.
const KEPT = { audioinput: "headset-microphone", audiooutput: "headset-loudspeaker" };

export class Headset {
  constructor(box, changed) {
    this.choices = [...box.querySelectorAll("select[data-device]")];
    for (const choice of this.choices) {
      choice.addEventListener("change", () => {
        localStorage.setItem(KEPT[choice.dataset.device], choice.value);
        choice.blur(); // the keys are the desk's again
        changed(choice.dataset.device);
      });
    }
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.fill());
  }

  // "ideal": without the chosen one any microphone is better than none.
  get microphone() {
    const id = localStorage.getItem(KEPT.audioinput);
    return { audio: id ? { deviceId: { ideal: id } } : true };
  }

  get loudspeaker() { return localStorage.getItem(KEPT.audiooutput) ?? ""; }

  // Names of devices are told only to a page that has the microphone.
  async fill() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    for (const choice of this.choices) {
      const kind = choice.dataset.device, chosen = localStorage.getItem(KEPT[kind]) ?? "";
      const there = all.filter((one) => one.kind === kind && one.label && !["default", "communications"].includes(one.deviceId));
      while (choice.options.length > 1) choice.remove(1);
      for (const { deviceId, label } of there) choice.add(new Option(label, deviceId));
      choice.value = there.some((one) => one.deviceId === chosen) ? chosen : "";
      choice.parentElement.hidden = there.length < 2;
    }
  }

  hide() { for (const choice of this.choices) choice.parentElement.hidden = true; }

  // Firefox before 116 and Safari cannot choose: the system's loudspeaker then.
  // False: the chosen one cannot be used, and it is the browser's own.
  async speakBy(element) {
    try { await element.setSinkId?.(this.loudspeaker); return true; } catch { await element.setSinkId(""); return false; }
  }
}
