// Keeps the parts of a page that are marked data-live up to date; without it they stay as they came.
"use strict";

(() => {
  document.querySelector("[data-focus]")?.focus();

  const RETRY_MS = 5000;
  const stale = document.getElementById("stale");
  let changes = null;
  let busy = false;
  let again = false;

  const links = (part, address) => [...part.querySelectorAll("a[href]")].filter((link) => link.getAttribute("href") === address);

  // Puts the news in place; what had the focus has it again, or else the part that it was in.
  const swap = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const news = fresh.getElementById(part.id);
      if (!news || news.innerHTML === part.innerHTML) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement : null;
      const address = focused?.getAttribute("href");
      const place = focused && links(part, address).indexOf(focused);
      part.replaceChildren(...news.childNodes);
      if (!focused) continue;
      const successor = links(part, address)[place];
      if (!successor) part.tabIndex = -1;
      (successor ?? part).focus();
    }
  };

  const isCurrent = (current) => {
    stale.hidden = current;
    if (!current && !stale.textContent) stale.textContent = `Not up to date since ${new Date().toLocaleTimeString("en-GB")}: the dashboard does not answer.`;
    if (current) stale.textContent = "";
  };

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      isCurrent(answer.ok);
    } catch {
      isCurrent(false);
    }
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  };

  const listen = () => {
    changes?.close();
    changes = new EventSource("/api/changes");
    changes.addEventListener("changed", refresh);
    changes.addEventListener("error", () => {
      isCurrent(false);
      if (changes.readyState === EventSource.CLOSED) setTimeout(() => document.hidden || listen(), RETRY_MS);
    });
  };

  // A browser keeps few connections to one site: pages that nobody sees leave theirs to others.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) changes?.close();
    else listen();
  });
  if (document.querySelector("[data-live]")) listen();
})();
