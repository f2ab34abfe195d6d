// While something is processed: asks how it stands and goes on by itself. Without this script the page does the same by reloading.
(function () {
  "use strict";
  var at = document.querySelector("[data-status]");
  if (!at) return;
  var pause = 700;
  function ask() {
    fetch(at.getAttribute("data-status"), { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
      .then(function (now) {
        if (now.next) { location.replace(now.next); return; }
        var says = at.querySelector("[data-says]");
        if (says && now.message && says.textContent !== now.message) says.textContent = now.message;
        again();
      })
      .catch(again);
  }
  function again() { pause = Math.min(pause * 1.25, 5000); setTimeout(ask, pause); }
  setTimeout(ask, pause);
})();
