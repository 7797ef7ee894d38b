// The operator types his password again: for an action that his client marked so. It goes to
// the server with that one press and is kept nowhere.
const dialog = document.getElementById("password");
const field = dialog.querySelector("input");
let then = null;

export function askPassword(chosen) {
  then = chosen;
  field.value = "";
  dialog.showModal();
  field.focus();
}

dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const password = field.value, chosen = then;
  dialog.close();
  if (password) chosen?.(password);
});

// The browser would give the focus back to the line that asked; the keys belong to the card.
dialog.addEventListener("close", () => {
  field.value = "";
  then = null;
  document.getElementById("card-area").focus({ preventScroll: true });
});
