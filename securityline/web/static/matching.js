// Which actions a few letters mean. Letters stand for beginnings of words: "pr do" and "prdo"
// both find "Prendre le dossier"; accents and capitals do not matter.

const EXPANDED = { œ: "oe", æ: "ae", ß: "ss", ø: "o", ł: "l" };

export function plain(text) {
  const open = text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  return open.replace(/[œæßøł]/g, (letter) => EXPANDED[letter]);
}

export function wordsOf(text) { return plain(text).match(/[\p{L}\p{N}]+/gu) ?? []; }

// Every typed word begins a word of its own, in any order. The longest chooses first: whatever
// a longer one fits, its own beginning fits too, so no other order finds more.
function begins(typed, words) {
  const left = [...words];
  return [...typed].sort((a, b) => b.length - a.length).every((one) => {
    const at = left.findIndex((word) => word.startsWith(one));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

// The letters are beginnings of words, one after the other; words may be left out.
function threads(letters, words) {
  const reached = new Set([0]); // how many letters the words so far can have used
  for (const word of words) {
    for (const from of [...reached]) {
      for (let size = 1; size <= word.length && word[size - 1] === letters[from + size - 1]; size++) reached.add(from + size);
    }
  }
  return reached.has(letters.length);
}

const NONE = 9;

// How well it fits: 0 its key, 1 the first words of the label, 2 words of it, 3 letters of it,
// 4 and 5 with the words of where it stands; 9 not at all.
function fit(query, { label, context, key }) {
  const typed = wordsOf(query);
  if (key && plain(query.trim()) === plain(key)) return 0;
  if (!typed.length) return query.trim() ? NONE : 1;
  const own = wordsOf(label), all = [...own, ...wordsOf(context)];
  if (typed.every((word, at) => own[at]?.startsWith(word))) return 1;
  if (begins(typed, own)) return 2;
  if (threads(typed.join(""), own)) return 3;
  if (begins(typed, all)) return 4;
  return threads(typed.join(""), all) ? 5 : NONE;
}

// Best first; what fits equally well keeps its order on the page.
export function match(query, actions) {
  const fits = actions.map((action, place) => ({ action, place, how: fit(query, action) }));
  const found = fits.filter(({ how }) => how < NONE);
  return found.sort((a, b) => a.how - b.how || a.place - b.place).map(({ action }) => action);
}
