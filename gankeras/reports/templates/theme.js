(function () {
  var root = document.documentElement;
  var button = document.getElementById("theme");
  var query = window.matchMedia("(prefers-color-scheme: dark)");
  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : query.matches;
  }
  function name() {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
  }
  button.addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  query.addEventListener("change", name);
  button.hidden = false;
  name();
})();
