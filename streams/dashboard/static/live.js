// Keeps the elements marked data-live up to date; without JavaScript a page stays as it was loaded.
"use strict";

(() => {
  document.querySelector("[data-focus]")?.focus();

  const RETRY_MS = 5000;
  const stale = document.getElementById("stale");
  let changes = null;
  let refreshing = false;
  let refreshAgain = false;

  const linksTo = (address, element) => [...element.querySelectorAll("a[href]")].filter((link) => link.getAttribute("href") === address);

  // Replaces elements that have changed. The focused link keeps the focus, or else its element gets it.
  const update = (loaded) => {
    for (const element of document.querySelectorAll("[data-live]")) {
      const replacement = loaded.getElementById(element.id);
      if (!replacement || replacement.innerHTML === element.innerHTML) continue;
      const focused = element.contains(document.activeElement) ? document.activeElement : null;
      const address = focused?.getAttribute("href");
      const index = focused && linksTo(address, element).indexOf(focused);
      element.replaceChildren(...replacement.childNodes);
      if (!focused) continue;
      const successor = linksTo(address, element)[index];
      if (!successor) element.tabIndex = -1;
      (successor ?? element).focus();
    }
  };

  const setCurrent = (current) => {
    stale.hidden = current;
    if (!current && !stale.textContent) stale.textContent = `Out of date since ${new Date().toLocaleTimeString("en-GB")}: the dashboard is not responding.`;
    if (current) stale.textContent = "";
  };

  const refresh = async () => {
    if (refreshing) {
      refreshAgain = true;
      return;
    }
    refreshing = true;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (response.ok) update(new DOMParser().parseFromString(await response.text(), "text/html"));
      setCurrent(response.ok);
    } catch {
      setCurrent(false);
    }
    refreshing = false;
    if (refreshAgain) {
      refreshAgain = false;
      refresh();
    }
  };

  const listen = () => {
    changes?.close();
    changes = new EventSource("/api/changes");
    changes.addEventListener("changed", refresh);
    changes.addEventListener("error", () => {
      setCurrent(false);
      if (changes.readyState === EventSource.CLOSED) setTimeout(() => document.hidden || listen(), RETRY_MS);
    });
  };

  // A browser allows few connections to one site: hidden pages close theirs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) changes?.close();
    else listen();
  });
  if (document.querySelector("[data-live]")) listen();
})();
