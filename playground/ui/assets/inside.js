/* A reply from the inside: the dialog with its run card, and the recordings, which only the browser keeps. */

window.playgroundInside = (() => {
  "use strict";

  const vault = window.playgroundVault;
  const fresh = new Map(); // Recordings of this page's life, for chats that are not kept.
  const plain = (value) => JSON.parse(JSON.stringify(value));
  let wanted = null;
  let number = 0; // Of the exchange that is shown.
  let before = null; // What had the focus.

  const panel = () => document.getElementById("inside");
  const isOpen = () => document.body.classList.contains("inside-open");

  const remember = (runs) => Object.entries(runs ?? {}).forEach(([id, one]) => fresh.set(id, one));

  async function open(id, at) {
    number = at;
    before = document.activeElement;
    wanted = fresh.get(id) ?? (await vault.run(id).catch(() => null)) ?? null;
    if (wanted) document.getElementById("inside-open")?.click();
    else window.playground.note("The recording of this reply is not in this browser any more.", true);
  }

  function shown() {
    const dialog = panel();
    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-label", "Inside this reply");
    document.body.classList.add("inside-open");
    document.getElementById("inside-close")?.focus();
  }

  function close() {
    if (!isOpen()) return;
    document.body.classList.remove("inside-open");
    document.getElementById("inside-stop")?.click();
    before?.focus?.();
  }

  /* The focus stays inside while the dialog is open. */
  document.addEventListener("keydown", (event) => {
    if (!isOpen()) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      return close();
    }
    if (event.key !== "Tab") return;
    const stops = [...panel().querySelectorAll("button, summary, a[href], input, [tabindex='0']")].filter((one) => one.tabIndex >= 0).filter((one) => one.offsetParent && !one.disabled);
    const [first, last] = [stops[0], stops.at(-1)];
    const edge = event.shiftKey ? first : last;
    if (!panel().contains(document.activeElement) || document.activeElement === edge) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  }, true);

  document.addEventListener("pointerdown", (event) => {
    if (isOpen() && event.target.id === "inside-shade") close();
  });

  /* Tokens: what is known of one stands below them when it is pointed at; the arrow keys go from one to the next. */

  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  function tell(token) {
    const info = document.getElementById("token-info");
    if (!info || token.classList.contains("told")) return;
    panel().querySelectorAll(".tok.told").forEach((one) => one.classList.remove("told"));
    token.classList.add("told");
    const told = JSON.parse(token.dataset.told);
    const head = element("p", "");
    head.append(element("code", token.textContent), ` ${told.share} · id ${told.id} · read as ${told.read} · ${told.grammar}`);
    const others = element("div", "");
    others.className = "alternatives";
    for (const [id, text, share] of told.others) {
      const button = element("button", "");
      button.append(element("code", text.trim() ? text.replaceAll("\n", "⏎") : "␣".repeat(text.length) || "∅"), ` ${share}`);
      button.title = "Go on with this token in a new conversation";
      button.addEventListener("click", () => {
        const turn = Number(token.closest(".token-flow").dataset.turn);
        close();
        window.playground.act({ name: "token", number, turn, at: Number(token.dataset.at), id });
      });
      others.append(button);
    }
    info.replaceChildren(head, others);
  }

  const tokenOf = (event) => event.target.closest?.("#inside .tok");
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => tokenOf(event) && tell(tokenOf(event)));
  }
  document.addEventListener("keydown", (event) => {
    const token = tokenOf(event);
    const next = { ArrowRight: token?.nextElementSibling, ArrowLeft: token?.previousElementSibling }[event.key];
    if (!next) return;
    event.preventDefault();
    token.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  function save(recording) {
    if (!recording) return;
    const stamp = new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-");
    window.playgroundTransfer.download(JSON.stringify(plain(recording)), `reply-${stamp}.json`, "application/json");
  }

  /* Gives what is said of it: where the clipboard is closed, the link stands there to be copied by hand. */
  async function copyLink(packed, said) {
    if (!packed) return said;
    const link = `${location.origin}${location.pathname}${window.playgroundTransfer.CARD}${packed}`;
    if (await window.playground.copyText(link)) return said;
    return `<p class="hint">Copy this link:</p><input class="by-hand" aria-label="Link to this reply" readonly value="${link}">`; // Nothing in it needs escaping.
  }

  return { remember, open, shown, close, save, copyLink, wanted: () => wanted };
})();
