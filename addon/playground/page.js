// The page works without this: it only saves clicks.
document.documentElement.classList.add('scripted');

// A choice shows at once.
for (const select of document.querySelectorAll('.card select')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}

// The catalogue narrows while one types.
const find = document.querySelector('input[name=find]');
if (find) {
  const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  const families = [...document.querySelectorAll('.family')].map((family) => ({
    family,
    items: [...family.querySelectorAll('li')].map((item) => ({ item, words: plain(item.dataset.words) })),
  }));
  find.addEventListener('input', () => {
    const wanted = plain(find.value).split(/[\s_-]+/).filter(Boolean);
    for (const { family, items } of families) {
      for (const { item, words } of items) item.hidden = !wanted.every((word) => words.includes(word));
      family.hidden = items.every(({ item }) => item.hidden);
    }
  });
}
