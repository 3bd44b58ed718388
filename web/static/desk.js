// Keys on the reviewers' desk, an extra: they lead to what stands on the page
// and never record a decision. They can be turned off (WCAG 2.2, 2.1.4).
(() => {
  "use strict";
  const stored = "assay-keys";
  const on = () => localStorage.getItem(stored) !== "off";
  const rows = [...document.querySelectorAll("[data-row]")];
  let here = -1;

  const go = (step) => {
    if (!rows.length) return;
    if (rows[here]) rows[here].classList.remove("here");
    here = Math.min(rows.length - 1, Math.max(0, here + step));
    const row = rows[here];
    row.classList.add("here");
    row.scrollIntoView({ block: row.matches("tr") ? "nearest" : "start" });
    const link = row.querySelector("[data-key=o]");
    if (link) link.focus({ preventScroll: true });
  };

  // What a key leads to: in the row where one is, else on the page.
  const find = (key) => {
    const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
    return all.find((e) => rows[here] && rows[here].contains(e)) || all.find((e) => !e.closest("tr"));
  };

  addEventListener("keydown", (e) => {
    if (!on() || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("textarea,select,[contenteditable]")) return;
    if (e.target.matches("input") && !/^(checkbox|radio)$/.test(e.target.type)) return;
    if (e.key === "j" || e.key === "k") return go(e.key === "j" ? 1 : -1);
    const target = e.key.length === 1 && (e.key === "n" ? document.getElementById("f-internal-note") : find(e.key));
    if (!target) return;
    e.preventDefault();
    target.scrollIntoView({ block: "center" });
    target.focus();
    if (!target.matches("textarea")) target.click();
  });

  const place = document.querySelector("[data-keys-switch]");
  if (!place) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet";
  const say = () => (button.textContent = on() ? "Turn the keys off" : "Turn the keys on");
  button.addEventListener("click", () => {
    localStorage.setItem(stored, on() ? "off" : "on");
    say();
  });
  say();
  place.append(button);
})();
