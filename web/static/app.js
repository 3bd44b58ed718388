// Extras only: every page works without this file.
(() => {
  "use strict";
  const wide = matchMedia("(min-width:52rem)");

  // Menus that are always open on a wide screen are open for assistive
  // technology too; on a narrow one they start closed.
  const unfold = () => {
    for (const d of document.querySelectorAll("details[data-open-wide]")) d.open = wide.matches;
  };
  unfold();
  wide.addEventListener("change", unfold);

  // Escape and a click elsewhere close the account menu, and the menu of a
  // narrow screen.
  const floating = () =>
    document.querySelectorAll(wide.matches ? "details.account[open]" : "details.menu[open]");
  addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const d of floating()) {
      d.open = false;
      d.querySelector("summary").focus();
    }
  });
  addEventListener("click", (e) => {
    for (const d of floating()) if (!d.contains(e.target)) d.open = false;
  });

  // A form that came back with mistakes starts at their summary.
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A digest or a pointer can be copied whole.
  const addCopyButtons = (root) => {
    if (!navigator.clipboard) return;
    for (const el of root.querySelectorAll("[data-copy]")) {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "copy";
      b.textContent = "Copy";
      b.setAttribute("aria-label", "Copy " + (el.dataset.copyName || el.dataset.copy.slice(0, 8)));
      b.addEventListener("click", async () => {
        await navigator.clipboard.writeText(el.dataset.copy);
        b.textContent = "Copied";
        setTimeout(() => (b.textContent = "Copy"), 2000);
      });
      el.append(b);
    }
  };
  addCopyButtons(document);
  // What another script put into the page gets its buttons when it says so.
  addEventListener("assay:content", (e) => addCopyButtons(e.target));

  // A page of progress renews its main part in place, until the server no
  // longer asks for it. A field in use is never taken away.
  const renew = async () => {
    const main = document.querySelector("main");
    const active = document.activeElement;
    if (document.hidden || (active && active.matches("input,select,textarea"))) return later();
    try {
      const r = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!r.ok || r.redirected) return location.reload();
      const next = new DOMParser().parseFromString(await r.text(), "text/html");
      const fresh = next.querySelector("main");
      if (!fresh) return location.reload();
      const key = active && main.contains(active) && active.id;
      main.replaceChildren(...fresh.childNodes);
      addCopyButtons(main);
      document.title = next.title;
      document.body.dataset.refresh = next.body.dataset.refresh || "";
      if (key && document.getElementById(key)) document.getElementById(key).focus();
    } catch {
      // The network is away for a moment: try again.
    }
    later();
  };
  const later = () => {
    const seconds = Number(document.body.dataset.refresh);
    if (seconds > 0) setTimeout(renew, seconds * 1000);
  };
  later();
})();
