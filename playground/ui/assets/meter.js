/* Asks the server what the next message will cost, once nobody has typed or switched anything for a moment. */

(() => {
  "use strict";
  if (window.playgroundMeter) return;

  const CALM_MS = 500;
  let timer = null;

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => document.getElementById("count-tokens")?.click(), CALM_MS);
  }

  const counts = (event) => event.target.closest?.("#composer, #side");
  for (const kind of ["input", "change", "drop", "paste"]) {
    document.addEventListener(kind, (event) => counts(event) && soon(), true);
  }
  document.addEventListener("click", (event) => event.target.closest?.("#composer .thumbnail-item, #new-chat, #undo") && soon(), true);

  /* The end of a reply, a restored conversation and an attached file change the page without an input. */
  function watch() {
    const composer = document.getElementById("composer");
    const past = document.getElementById("past");
    if (!composer || !past) return void requestAnimationFrame(watch);
    const observer = new MutationObserver(soon);
    observer.observe(past, { childList: true, subtree: true });
    observer.observe(composer, { childList: true, subtree: true });
    soon();
  }
  watch();

  window.playgroundMeter = {
    soon,
    /* The summary is in the composer; the chat that it sums up makes room, and keeps what was written there. */
    startOver() {
      const box = document.querySelector("#composer textarea");
      const text = box?.value ?? "";
      document.getElementById("new-chat")?.click();
      const put = (tries) => {
        const now = document.querySelector("#composer textarea");
        if (now && !now.value && !document.querySelector("#past .message-row")) {
          now.value = text;
          now.dispatchEvent(new Event("input", { bubbles: true }));
          now.focus();
        } else if (tries) setTimeout(put, 100, tries - 1);
      };
      setTimeout(put, 100, 100);
    },
  };
})();
