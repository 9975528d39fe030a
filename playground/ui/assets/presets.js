/* A visitor's presets in the browser, as a file, and as a link that holds settings and nothing of the chat. */

window.playgroundPresets = (() => {
  "use strict";

  const MARK = "#settings=";
  const plain = (value) => JSON.parse(JSON.stringify(value));
  let read = null;

  /* What stands in the address is used once: a reload must not undo what was changed since. */
  function linked() {
    if (!location.hash.startsWith(MARK)) return null;
    const text = location.hash.slice(MARK.length);
    history.replaceState(null, "", location.pathname + location.search);
    return text;
  }

  const keep = (presets) => window.playground.keep(presets, "presets");

  /* Gives what is said of it: where the clipboard is closed, the link stands there to be copied by hand. */
  async function copyLink(packed, said) {
    if (!packed) return said;
    const link = `${location.origin}${location.pathname}${MARK}${packed}`;
    const holds = "It holds these settings and nothing of the chat.";
    if (await window.playground.copyText(link)) return `<p class="verdict right" role="status">The link is copied. ${holds}</p>`;
    return `<p class="verdict" role="status">Copy this link. ${holds}</p>
      <input class="by-hand" aria-label="Link to these settings" readonly value="${link}">`; // Nothing in it needs escaping.
  }

  function download(presets) {
    const text = JSON.stringify(plain(presets), null, 1);
    window.playgroundTransfer.download(text, "presets.json", "application/json");
  }

  function pick() {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: ".json,application/json" });
    input.addEventListener("change", async () => {
      read = await input.files[0]?.text().then(JSON.parse).catch(() => null);
      document.getElementById("read-presets")?.click();
    });
    input.click();
  }

  return { linked, keep, copyLink, download, pick, picked: () => read };
})();
