// The address follows the name until somebody writes one.
"use strict";
{
  const name = document.getElementById("id_name");
  const slug = document.getElementById("id_slug");
  let isOwn = slug.value !== "";
  slug.addEventListener("input", () => { isOwn = slug.value !== ""; });
  name.addEventListener("input", () => {
    if (!isOwn) {
      slug.value = name.value.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
        .replace(/[^a-z0-9\s_-]/g, "").replace(/[\s_-]+/g, "-").slice(0, 63).replace(/^-|-$/g, "");
    }
  });
}
