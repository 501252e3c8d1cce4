// Keeps the list of tasks true while the page is open.  Everything works without it.
"use strict";
(function () {
  const region = document.getElementById("tasks");
  if (!region) return;
  async function refresh() {
    let wait = 5000;
    try {
      const reply = await fetch("/files/tasks?part=1", { credentials: "same-origin" });
      if (reply.ok) {
        const fresh = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("tasks");
        if (fresh && fresh.innerHTML !== region.innerHTML && !region.contains(document.activeElement)) {
          region.replaceChildren(...fresh.childNodes);
        }
        if (region.querySelector("progress")) wait = 1000;
      }
    } catch (lost) {
      wait = 10000;
    }
    setTimeout(refresh, wait);
  }
  setTimeout(refresh, 1000);
})();
