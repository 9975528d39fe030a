/* The keyboard: what each key does, the sheet that says so, and what screen readers are told. */

(() => {
  "use strict";
  if (window.playgroundKeys) return;

  const press = (selector) => document.querySelector(selector)?.click();
  const composer = () => document.querySelector("#composer textarea");
  const KEYS = [
    { keys: "?", words: "Show or close this sheet", when: (e) => e.key === "?", act: toggleSheet },
    { keys: "/", words: "Go to the message box", when: (e) => e.key === "/", act: () => composer()?.focus() },
    { keys: "Enter", words: "Send" },
    { keys: "Shift + Enter", words: "New line" },
    { keys: "Esc", words: "Stop the reply; close what is open" },
    { keys: "Alt + N", words: "New chat", when: (e) => e.altKey && e.code === "KeyN", act: () => press("#new-chat"), always: true },
    { keys: "Alt + S", words: "Settings", when: (e) => e.altKey && e.code === "KeyS", act: () => press("#settings"), always: true },
    { keys: "Alt + T", words: "Light, dark or as the system", when: (e) => e.altKey && e.code === "KeyT", act: () => press("#theme"), always: true },
    { keys: "Alt + A", words: "Answer now: end the thought", when: (e) => e.altKey && e.code === "KeyA", act: () => press("#answer-now"), always: true },
    { keys: "Alt + R", words: "Answer the last message again", when: (e) => e.altKey && e.code === "KeyR", act: () => last(".act-regenerate")?.click(), always: true },
    { keys: "Alt + C", words: "Copy the last reply", when: (e) => e.altKey && e.code === "KeyC", act: () => last(".act-copy")?.click(), always: true },
    { keys: "Alt + E", words: "Edit the last message", when: (e) => e.altKey && e.code === "KeyE", act: () => last(".act-edit")?.click(), always: true },
    { keys: "End", words: "Go to the newest message", when: (e) => e.key === "End", act: () => window.playground?.toEnd() },
  ];

  const last = (selector) => [...document.querySelectorAll(`#chat ${selector}`)].pop();
  const types = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]");

  let sheet = null;
  let before = null;

  function build() {
    sheet = document.createElement("dialog");
    sheet.id = "key-sheet";
    sheet.setAttribute("aria-labelledby", "key-sheet-title");
    const rows = KEYS.map(({ keys, words }) => {
      const caps = keys.split(" + ").map((key) => `<kbd>${key}</kbd>`).join(" ");
      return `<div><dt>${caps}</dt><dd>${words}</dd></div>`;
    });
    sheet.innerHTML = `<header><h2 id="key-sheet-title">Keys</h2><button class="key-close" aria-label="Close"></button></header><dl>${rows.join("")}</dl>`;
    sheet.addEventListener("click", (event) => {
      if (event.target === sheet || event.target.closest(".key-close")) sheet.close();
    });
    sheet.addEventListener("close", () => before?.focus?.());
    // Inside Gradio's root, so that its variables for colours reach it.
    (document.querySelector(".gradio-container") ?? document.body).append(sheet);
  }

  function toggleSheet() {
    if (!sheet) build();
    if (sheet.open) return sheet.close();
    before = document.activeElement;
    sheet.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    const found = KEYS.find((one) => one.when?.(event) && (one.always || !types(event.target)));
    if (!found) return;
    event.preventDefault();
    found.act();
  });

  /* ---- Screen readers: the conversation is a log; the growing reply tells its beginning and its end, not each word */

  let told = "";

  function tell(words) {
    if (words === told) return;
    told = words;
    const place = document.getElementById("spoken");
    if (place) place.textContent = words;
  }

  function describe() {
    const chat = document.getElementById("chat");
    const places = ["past", "live", "live-bar"].map((id) => document.getElementById(id));
    if (!chat || places.includes(null)) return void requestAnimationFrame(describe);
    chat.setAttribute("role", "region");
    chat.setAttribute("aria-label", "Conversation");
    chat.tabIndex = 0;
    const spoken = document.createElement("div");
    spoken.id = "spoken";
    spoken.setAttribute("role", "status");
    spoken.setAttribute("aria-live", "polite");
    chat.after(spoken);
    let wasRunning = false;
    new MutationObserver(() => {
      const running = Boolean(document.querySelector("#live-bar .pulse"));
      if (running) tell(document.querySelector("#live-words").textContent.split(" · ")[0]);
      else if (wasRunning) setTimeout(() => tell(`Reply: ${lastWords()}`), 300);
      wasRunning = running;
    }).observe(document.getElementById("live-bar"), { childList: true, subtree: true, characterData: true });
    const names = { "#theme": "Light, dark or as the system", "#settings": "Settings", "#help": "Keys" };
    for (const [selector, name] of Object.entries(names)) document.querySelector(selector)?.setAttribute("aria-label", name);
    composer()?.setAttribute("aria-label", "Message");
    places.slice(0, 2).forEach(watchPanels);
  }

  /* Gradio makes each chat a live log: a screen reader would read a growing reply again from its start. And a panel's
     title is one button, which says whether it is open; the arrow in it is no button of its own. */
  function describePanels(place) {
    const log = place.querySelector("[role=log]");
    if (log && log.getAttribute("aria-live") !== "off") {
      log.setAttribute("aria-live", "off");
      log.setAttribute("aria-label", place.id === "live" ? "The reply that is being written" : "Messages");
    }
    place.querySelector(".examples[role=list]")?.removeAttribute("role"); // Its buttons are no list items.
    for (const title of place.querySelectorAll(".thought-group .title")) {
      const open = String(title.classList.contains("expanded"));
      if (title.getAttribute("aria-expanded") !== open) title.setAttribute("aria-expanded", open);
      for (const arrow of title.querySelectorAll("button:not([disabled])")) {
        arrow.disabled = true;
        arrow.setAttribute("aria-hidden", "true");
      }
    }
  }

  function watchPanels(place) {
    new MutationObserver(() => describePanels(place)).observe(place, {
      childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
    });
    describePanels(place);
  }

  function lastWords() {
    const rows = document.querySelectorAll("#past .bot-row");
    const parts = rows.length ? rows[rows.length - 1].querySelectorAll(".message-content") : [];
    return [...parts].filter((part) => !part.querySelector(".foot")).map((part) => part.innerText).join(" ").slice(0, 4000);
  }

  describe();
  window.playgroundKeys = { toggleSheet };
})();
