// Times that go on by themselves between two words of the server, on every live page.
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= 172800) return `${Math.floor(whole / 86400)} d`;
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function wallClock(element) {
  const format = new Intl.DateTimeFormat("fr-BE", { timeStyle: "medium", timeZone: element.dataset.zone });
  return (engineNow) => { element.textContent = format.format(new Date(engineNow * 1000)); };
}

export function tickAll(engineNow) {
  for (const element of document.querySelectorAll(".elapsed")) {
    const age = engineNow - Number(element.dataset.since), text = duration(age);
    if (element.textContent !== text) element.textContent = text;
    const { warn, alarm } = element.dataset;
    if (!warn) continue;
    element.classList.toggle("late", age >= warn && age < alarm);
    element.classList.toggle("too-late", age >= Number(alarm));
  }
  for (const element of document.querySelectorAll("[data-ends]")) {
    element.hidden = engineNow < Number(element.dataset.begins) || engineNow >= Number(element.dataset.ends);
  }
  for (const element of document.querySelectorAll(".countdown")) {
    const left = Number(element.dataset.until) - engineNow;
    const text = left >= 0 ? duration(left) : `+${duration(-left)}`;
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("too-late", left < 0);
    element.closest(".promise")?.classList.toggle("passed", left < 0);
    element.classList.toggle("late", left >= 0 && left < Number(element.dataset.near ?? 0));
  }
}
