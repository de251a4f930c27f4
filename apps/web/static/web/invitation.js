// The secret stands behind "#", which no server is told. It is kept in this tab, while its person
// logs in say, and put into the form.
"use strict";
{
  const KEY = "invitation";
  const form = document.querySelector("form[data-invitation]");
  if (location.hash.startsWith("#dhi_")) {
    sessionStorage.setItem(KEY, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  const secret = sessionStorage.getItem(KEY);
  if (form && secret) {
    form.elements.secret.value = secret;
    form.querySelector("[data-paste]").hidden = true;
  }
  if (form) {
    form.addEventListener("submit", () => sessionStorage.removeItem(KEY));
  }
}
