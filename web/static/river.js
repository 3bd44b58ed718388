// River's own pages send the token of our forms with what changes something, and
// go where the admin shows a second factor again if the server asks for it.
(function () {
  "use strict";
  const token = document.querySelector("meta[name=csrf]").content, send = window.fetch;
  window.fetch = async function (to, options) {
    options = options || {};
    if (options.method && options.method !== "GET") {
      options.headers = new Headers(options.headers);
      options.headers.set("X-CSRF-Token", token);
    }
    const answer = await send(to, options), prove = answer.headers.get("X-Prove");
    if (prove) location.assign(prove);
    return answer;
  };
})();
