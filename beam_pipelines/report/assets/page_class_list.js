"use strict";
// The searchable list of classes, after the ARIA Authoring Practices' pattern of a combobox with a list.
// `selection` is {split, cls}; `choose` is called with what changes of it.
function makeClassList(selection, choose) {
  const { data, className, grouped, total } = numbers;
  const input = document.getElementById("class-filter");
  const list = document.getElementById("class-list");
  const items = () => [...list.querySelectorAll("[role=option]")];
  let active = -1;

  function open(typed) {
    const word = input.value.trim().toLowerCase();
    const current = selection.cls === null ? "" : className(selection.cls).toLowerCase();
    const everything = !word || word === current;
    const found = data.classes.map((_, cls) => cls).filter((cls) => everything || className(cls).toLowerCase().includes(word));
    const options = (everything ? [null, ...found] : found).map((cls, place) => option(cls, place));
    if (!options.length) {
      const empty = document.createElement("li");
      empty.className = "nothing";
      empty.textContent = `No class is like “${input.value.trim()}”.`;
      options.push(empty);
    }
    list.replaceChildren(...options);
    list.hidden = false;
    list.style.left = "0";
    list.style.left = `${Math.min(0, document.documentElement.clientWidth - 16 - list.getBoundingClientRect().right)}px`;
    input.setAttribute("aria-expanded", "true");
    activate(everything && !typed ? options.findIndex((item) => item.dataset.class === String(selection.cls ?? "")) : 0);
  }

  function option(cls, place) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.id = `class-option-${place}`;
    item.dataset.class = cls ?? "";
    item.setAttribute("aria-selected", cls === selection.cls);
    const [chip, name, number] = ["i", "b", "small"].map((tag) => document.createElement(tag));
    name.dir = "auto";
    name.textContent = cls === null ? "All classes" : className(cls);
    number.textContent = grouped.format(total(data.unit, { split: selection.split, cls }));
    if (cls !== null) chip.style.background = data.classes[cls].colour;
    else chip.style.visibility = "hidden";
    item.append(chip, name, number);
    return item;
  }

  function activate(place) {
    items().forEach((item, number) => item.classList.toggle("active", number === place));
    active = items()[place] ? place : -1;
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", items()[active].id);
    return items()[active].scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = selection.cls === null ? "" : className(selection.cls);
  }

  function take(item) {
    choose({ cls: item.dataset.class === "" ? null : Number(item.dataset.class) });
    close();
  }

  input.addEventListener("focus", () => { input.select(); open(false); });
  input.addEventListener("click", () => { if (list.hidden) open(false); });
  input.addEventListener("input", () => open(true));
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) take(item);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open(false);
      else activate((active + (event.key === "ArrowDown" ? 1 : -1) + items().length) % items().length);
    } else if (event.key === "Enter" && !list.hidden && items()[active]) {
      event.preventDefault();
      take(items()[active]);
    } else if (event.key === "Escape") {
      close();
    }
  });
}
