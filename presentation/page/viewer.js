"use strict";
// The dialog that shows a picture of a gallery large, and those that can be seen before and after it.
(() => {
  const grouped = new Intl.NumberFormat("en");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const viewer = one("#viewer");
  let looked = null;

  const visible = () => all(".tile:not([hidden]) button.picture");
  function look(button) {
    looked = button;
    const [picture, small] = [one("img", viewer), one("img", button)];
    picture.src = small.src;
    picture.alt = small.alt;
    for (const side of ["width", "height"]) picture.setAttribute(side, small.getAttribute(side));
    one(".caption", viewer).replaceChildren(one("figcaption", button.parentElement).cloneNode(true));
    one("code", viewer).textContent = button.dataset.command;
    const buttons = visible();
    one("output", viewer).textContent = `${grouped.format(buttons.indexOf(button) + 1)} of ${grouped.format(buttons.length)}`;
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const buttons = visible();
    look(buttons[(buttons.indexOf(looked) + by + buttons.length) % buttons.length]);
  }

  for (const button of all("button.picture")) button.addEventListener("click", () => look(button));
  for (const button of all("[data-step]", viewer)) button.addEventListener("click", () => step(Number(button.dataset.step)));
  one("[data-close]", viewer).addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => looked?.focus());
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
})();
