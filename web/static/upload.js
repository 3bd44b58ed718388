// Resumable upload: the chosen files become one stream (a single archive as it
// is, anything else as one deterministic tar that is never copied in memory),
// sent by the tus protocol. Without this script the plain form does the job.
(function () {
  'use strict';
  var root = document.getElementById('uploader');
  if (!root || !window.tus || !tus.isSupported) return;
  var data = root.dataset;
  var status = document.getElementById('upload-status');
  var bar = document.getElementById('upload-bar');
  var figures = document.getElementById('upload-figures');
  var pause = document.getElementById('upload-pause');
  var picks = root.querySelectorAll('input[type=file]');
  var drop = document.getElementById('upload-drop');
  var plain = document.getElementById('plain-upload');
  var current = null;

  root.hidden = false;
  if (plain) plain.hidden = true;

  function say(text) { status.textContent = text; }

  function size(n) {
    var units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'], i = 0;
    while (n >= 1024 && i < 4) { n /= 1024; i++; }
    return (i ? n.toFixed(1) : n) + ' ' + units[i];
  }

  function time(seconds) {
    if (!isFinite(seconds)) return '';
    if (seconds < 90) return Math.ceil(seconds) + ' s left';
    if (seconds < 5400) return Math.ceil(seconds / 60) + ' min left';
    return (seconds / 3600).toFixed(1) + ' h left';
  }

  // Tar, as POSIX has it: a header of 512 bytes, the content, zeros up to the
  // next 512. Names over 100 bytes go into a pax header.
  var encoder = new TextEncoder();

  function octal(view, at, length, value) {
    var text = value.toString(8).padStart(length - 1, '0');
    view.set(encoder.encode(text), at);
  }

  function header(name, bytes, type) {
    var h = new Uint8Array(512), sum = 0;
    h.set(name.subarray(0, 100), 0);
    octal(h, 100, 8, 420);
    octal(h, 108, 8, 0);
    octal(h, 116, 8, 0);
    if (bytes < 8589934592) octal(h, 124, 12, bytes);
    else { // base-256, for sizes past 8 GiB
      for (var i = 135, n = bytes; i > 124; i--) { h[i] = n % 256; n = Math.floor(n / 256); }
      h[124] = 128;
    }
    octal(h, 136, 12, 0);
    h.set(encoder.encode('        '), 148);
    h[156] = type.charCodeAt(0);
    h.set(encoder.encode('ustar\u000000'), 257);
    for (var j = 0; j < 512; j++) sum += h[j];
    octal(h, 148, 7, sum);
    h[154] = 0;
    h[155] = 32;
    return h;
  }

  function padding(bytes) { return new Uint8Array((512 - bytes % 512) % 512); }

  function pax(name) {
    var record = ' path=' + name + '\n', length = encoder.encode(record).length, digits = 1;
    while (String(length + digits).length > digits) digits++;
    return encoder.encode((length + digits) + record);
  }

  function tar(files) {
    var parts = [];
    files.forEach(function (f) {
      var name = encoder.encode(f.path);
      if (name.length > 100 || name.length !== f.path.length) {
        var extra = pax(f.path);
        parts.push(header(encoder.encode('pax'), extra.length, 'x'), extra, padding(extra.length));
      }
      parts.push(header(name, f.file.size, '0'), f.file, padding(f.file.size));
    });
    parts.push(new Uint8Array(1024));
    return new Blob(parts);
  }

  function archive(name) { return /\.(zip|tar|tgz|tar\.gz|tar\.zst)$/i.test(name); }

  // The fingerprint tells the same files again after a closed tab; names stay
  // here, only the digest is sent.
  function fingerprint(files) {
    var text = files.map(function (f) { return f.path + '\u0000' + f.file.size + '\u0000' + f.file.lastModified; }).join('\n');
    if (!window.crypto || !crypto.subtle) return Promise.resolve('');
    return crypto.subtle.digest('SHA-256', encoder.encode(text)).then(function (sum) {
      return Array.from(new Uint8Array(sum), function (b) { return b.toString(16).padStart(2, '0'); }).join('');
    });
  }

  function start(files) {
    files = files.filter(function (f) { return !/(^|\/)(\.DS_Store|Thumbs\.db)$/.test(f.path); });
    if (!files.length) { say('No files found there.'); return; }
    files.sort(function (a, b) { return a.path < b.path ? -1 : a.path > b.path ? 1 : 0; });
    var body = files.length === 1 && archive(files[0].path) ? files[0].file : tar(files);
    if (body.size > Number(data.max)) {
      say('These files are ' + size(body.size) + '; the limit is ' + size(Number(data.max)) + '.');
      return;
    }
    fingerprint(files).then(function (print) { send(body, files.length, print); });
  }

  function send(body, count, print) {
    var resume = data.resume || '';
    if (resume && data.fingerprint !== print) {
      say('These are not the files of the upload that is under way. Choose the same files, or cancel that upload first.');
      return;
    }
    var began = Date.now(), from = -1;
    document.body.classList.add('uploading');
    bar.hidden = false;
    pause.hidden = false;
    say('Sending ' + count + (count === 1 ? ' file, ' : ' files, ') + size(body.size) + '.');
    current = new tus.Upload(body, {
      endpoint: data.endpoint,
      uploadUrl: resume || null,
      headers: { 'X-CSRF-Token': data.csrf },
      metadata: { fingerprint: print },
      chunkSize: 32 * 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: true,
      onAfterResponse: function (request, response) {
        var location = response.getHeader('Location');
        if (location) { data.resume = location; data.fingerprint = print; }
      },
      onProgress: function (sent, total) {
        if (from < 0) { from = sent; began = Date.now(); }
        var seconds = (Date.now() - began) / 1000, rate = seconds > 0.5 ? (sent - from) / seconds : 0;
        bar.max = total;
        bar.value = sent;
        figures.textContent = size(sent) + ' of ' + size(total) + (rate > 0 ? ' · ' + size(rate) + '/s · ' + time((total - sent) / rate) : '');
      },
      onSuccess: function () {
        say('All bytes arrived. The audit begins.');
        window.location.assign(data.next);
      },
      onError: function (error) {
        var response = error.originalResponse, answer = response && response.getBody();
        answer = answer ? answer.replace(/^[A-Z_]+: /, '') : 'The connection was lost.';
        if (response && !data.resume && response.getStatus() >= 400 && response.getStatus() < 500) { // refused before it began
          say(answer);
          document.body.classList.remove('uploading');
          bar.hidden = pause.hidden = true;
          figures.textContent = '';
          current = null;
          return;
        }
        say(answer + ' What arrived is kept: choose Resume to go on.');
        pause.textContent = 'Resume';
      }
    });
    pause.textContent = 'Pause';
    current.start();
  }

  pause.addEventListener('click', function () {
    if (!current) return;
    if (pause.textContent === 'Pause') { current.abort(); pause.textContent = 'Resume'; say('Paused. What arrived is kept for a week.'); }
    else { pause.textContent = 'Pause'; say('Going on.'); current.options.uploadUrl = data.resume || current.url; current.start(); }
  });

  picks.forEach(function (input) {
    input.addEventListener('change', function () {
      start(Array.from(input.files, function (f) { return { path: f.webkitRelativePath || f.name, file: f }; }));
    });
  });

  // A dropped folder is walked entry by entry.
  function walk(entry, prefix, found) {
    return new Promise(function (done) {
      if (entry.isFile) {
        entry.file(function (f) { found.push({ path: prefix + f.name, file: f }); done(); }, done);
        return;
      }
      var reader = entry.createReader();
      (function more() {
        reader.readEntries(function (list) {
          if (!list.length) { done(); return; }
          Promise.all(list.map(function (e) { return walk(e, prefix + entry.name + '/', found); })).then(more);
        }, done);
      })();
    });
  }

  ['dragover', 'dragleave', 'drop'].forEach(function (kind) {
    drop.addEventListener(kind, function (e) { e.preventDefault(); drop.classList.toggle('over', kind === 'dragover'); });
  });
  drop.addEventListener('drop', function (e) {
    var found = [], entries = Array.from(e.dataTransfer.items, function (i) { return i.webkitGetAsEntry && i.webkitGetAsEntry(); }).filter(Boolean);
    Promise.all(entries.map(function (entry) { return walk(entry, '', found); })).then(function () { start(found); });
  });

  window.addEventListener('beforeunload', function (e) {
    if (current && pause.textContent === 'Pause' && bar.value < bar.max) e.preventDefault();
  });
})();
