"use strict";
// The switch of the page's colours; `draw` is called whenever they change. A browser may forbid a page from a file to
// keep anything.
function makeThemeSwitch(draw) {
  const radios = [...document.querySelectorAll("input[name=theme]")];
  const chosen = () => radios.find((radio) => radio.checked).value;

  function take(name) {
    document.documentElement.dataset.theme = name;
    draw();
  }

  function kept() {
    try {
      return localStorage.getItem("shardbox-theme");
    } catch {
      return null;
    }
  }

  for (const radio of radios) {
    radio.addEventListener("change", () => {
      try {
        localStorage.setItem("shardbox-theme", radio.value);
      } catch { /* it is not kept */ }
      take(radio.value);
    });
    if (radio.value === kept()) radio.checked = true;
  }
  document.documentElement.dataset.theme = chosen();
  document.querySelector(".theme").hidden = false;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  addEventListener("beforeprint", () => { take("light"); frames.resize(); });
  addEventListener("afterprint", () => { take(chosen()); frames.resize(); });
}
