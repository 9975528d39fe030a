/* The comparison page: votes, which stay in this browser, and the way back to the chat with the answer that won. */

window.playgroundCompare = (() => {
  "use strict";

  const KEY = "playground.votes";
  const TAB_KEY = "playground.conversation";
  const vault = window.playgroundVault;
  const voted = new Set(); // Comparisons that have their vote.
  const plain = (value) => JSON.parse(JSON.stringify(value));
  const votes = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  };

  const line = (words) => {
    const place = document.getElementById("compare-tally-line");
    if (place) place.textContent = words;
  };

  function shown(extra = "") {
    const rows = Object.entries(votes()).sort(([, a], [, b]) => b.won / b.met - a.won / a.met);
    const words = rows.slice(0, 8).map(([label, { won, met }]) => `${label}: best in ${won} of ${met}`);
    line([extra, words.length ? `Your votes, kept in this browser: ${words.join(" · ")}` : ""].filter(Boolean).join(" "));
  }

  function vote(kept, chosen) {
    if (!kept?.[chosen]?.conversation) return shown("Compare first, then say which answer is best.");
    const comparison = kept.map((one) => one.conversation?.id).join();
    if (voted.has(comparison)) return shown("This comparison has your vote already.");
    voted.add(comparison);
    const tally = votes();
    for (const [number, { label }] of kept.entries()) {
      const row = (tally[label] ??= { won: 0, met: 0 });
      row.met += 1;
      if (number === chosen) row.won += 1;
    }
    localStorage.setItem(KEY, JSON.stringify(tally));
    shown("Noted.");
  }

  async function use(kept, chosen) {
    const conversation = kept?.[chosen]?.conversation;
    if (!conversation) return shown("There is no finished answer in this column to go on with.");
    const { id } = await vault.save(plain(conversation));
    sessionStorage.setItem(TAB_KEY, id);
    location.href = document.querySelector(".pages a").href; // the first page is the chat
  }

  return { shown, vote, use };
})();
