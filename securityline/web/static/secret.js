// A stored code word, shown to the one operator who said why; it is gone after some seconds.
const SHOWN_TIME = 20000;
const dialog = document.getElementById("secret");
const word = dialog.querySelector(".word");
let timer = null;

export function showSecret({ name, word: text }) {
  dialog.querySelector(".name").textContent = name;
  word.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => dialog.close(), SHOWN_TIME);
  if (!dialog.open) dialog.showModal();
}

dialog.addEventListener("close", () => {
  word.textContent = "";
  document.getElementById("card-area").focus({ preventScroll: true });
});
