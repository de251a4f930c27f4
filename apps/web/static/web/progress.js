// Asks again for whatever moves: `data-poll` is an address whose answer takes the element's place.
// How soon is the server's to say (`Retry-After`); without it nothing moves any more, and what stands
// around the element is fetched anew.
(() => {
  const follow = async (element, tag, hasMoved = false) => {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(element.dataset.poll, { headers, cache: "no-store" }).catch(() => null);
    if (answer?.status === 200) element.innerHTML = await answer.text();
    if (answer && answer.status !== 200 && answer.status !== 304) return;
    const seconds = answer ? Number(answer.headers.get("Retry-After")) : 10;
    if (!seconds && hasMoved) location.replace(location.href);
    if (!seconds) return;
    setTimeout(() => follow(element, answer?.headers.get("ETag") ?? tag, true), seconds * 1000);
  };
  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-poll]").forEach((element) => follow(element, ""));
  });
})();
