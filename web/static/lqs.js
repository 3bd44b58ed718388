// The audit in the browser: files are chosen here and read in workers. The page
// fetches the audit once, when it opens, and nothing once files are chosen.
(() => {
  'use strict';
  const root = document.getElementById('lqs-local');
  if (!root || !root.dataset.wasm || !window.Worker || !window.WebAssembly || !WebAssembly.compileStreaming) return;
  const by = (id) => document.getElementById(id);
  const status = by('lqs-status'), work = by('lqs-work'), bar = by('lqs-bar'), figures = by('lqs-figures');
  const result = by('lqs-result'), saving = by('lqs-saving'), controls = by('lqs-controls');
  const inspectors = Math.max(1, Math.min(8, (navigator.hardwareConcurrency || 2) - 1));
  const mostFiles = Number(root.dataset.files);
  let module = null, coordinator = null, workers = [], started = 0, timer = 0, reports = null;

  root.hidden = false;
  document.body.classList.add('lqs-scripted');

  const say = (text) => { status.textContent = text; };
  const size = (n) => {
    const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
    let i = 0;
    while (n >= 1024 && i < 4) { n /= 1024; i++; }
    return (i ? n.toFixed(1) : n) + ' ' + units[i];
  };
  const time = (s) => (!isFinite(s) ? '' : s < 90 ? Math.ceil(s) + ' s left' : Math.ceil(s / 60) + ' min left');
  const enable = (on) => {
    for (const el of controls.querySelectorAll('input,button,select')) el.disabled = !on;
    for (const el of document.querySelectorAll('[data-sample]')) el.disabled = !on;
  };

  // One coordinator and the inspectors, each pair joined by a channel. They
  // are started before any file is chosen, since a worker's script is fetched.
  const startWorkers = () => new Promise((resolve, reject) => {
    let waiting = inspectors + 1;
    const make = (message, transfer, number) => {
      const w = new Worker(root.dataset.worker);
      w.onmessage = (e) => {
        if (e.data.kind === 'ready') { if (--waiting === 0) resolve(); }
        else if (e.data.kind === 'died') lost(number);
        else if (waiting > 0) reject(new Error(e.data.message));
        else answer(e.data);
      };
      w.onerror = (e) => { e.preventDefault(); if (waiting > 0) reject(new Error('a worker did not start')); else lost(number); };
      w.postMessage({ kind: 'load', exec: root.dataset.exec, module, ...message }, transfer);
      workers.push(w);
      return w;
    };
    const ports = [];
    for (let i = 0; i < inspectors; i++) {
      const channel = new MessageChannel();
      ports.push(channel.port1);
      make({ port: channel.port2 }, [channel.port2], i);
    }
    coordinator = make({ ports }, ports, -1);
  });

  // A worker that died costs its files a finding; without the coordinator
  // nothing is left.
  const lost = (number) => {
    if (number >= 0) coordinator.postMessage({ kind: 'lose', number });
    else fail('The audit ran out of memory or stopped. Choose fewer files, or use the command line, which has no such limit.');
  };

  const open = async () => {
    enable(false);
    say('Loading the audit, once…');
    try {
      module = await WebAssembly.compileStreaming(fetch(root.dataset.wasm));
      await startWorkers();
    } catch (err) {
      say('The audit could not be loaded into this browser. Send the files below instead, or use the command line.');
      return;
    }
    enable(true);
    root.dataset.ready = 'yes';
    say('Ready. From now on this page needs no network: you may go offline.');
  };

  // Choosing files: a folder, files, or what is dropped.
  const named = (file, path) => ({ path: path || file.webkitRelativePath || file.name, blob: file });

  const entries = async (list) => {
    const out = [];
    const walk = async (entry) => {
      if (out.length > mostFiles) return;
      if (entry.isFile) {
        const file = await new Promise((ok, no) => entry.file(ok, no));
        out.push(named(file, entry.fullPath.replace(/^\//, '')));
        return;
      }
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((ok, no) => reader.readEntries(ok, no));
        if (part.length === 0) return;
        for (const e of part) await walk(e);
      }
    };
    for (const e of list) await walk(e);
    return out;
  };

  const run = (files) => {
    if (!root.dataset.ready || started) return;
    if (files.length === 0) { say('There is no file in it. Choose a folder that holds some.'); return; }
    if (files.length > mostFiles) {
      say('These are more than ' + mostFiles.toLocaleString('en-US') + ' files, the limit in a browser. Use the command line: it takes any number.');
      return;
    }
    started = performance.now();
    enable(false);
    result.replaceChildren();
    saving.hidden = true;
    work.hidden = false;
    by('lqs-cancel').disabled = false;
    bar.removeAttribute('value');
    const total = files.reduce((n, f) => n + f.blob.size, 0);
    say('Auditing ' + files.length.toLocaleString('en-US') + ' files, ' + size(total) + ', on this machine.');
    figures.textContent = '';
    const sample = by('lqs-sample').value;
    coordinator.postMessage({
      kind: 'score', files,
      options: { sample: sample === 'all' ? 0 : Number(sample), seed: 1, whole: by('lqs-whole').checked, patientKey: by('lqs-patient').value.trim() },
    });
  };

  const progress = (m) => {
    const share = m.totalFiles ? m.files / m.totalFiles : 0;
    if (m.totalFiles) bar.value = share;
    const seconds = (performance.now() - started) / 1000;
    const rate = m.files / seconds;
    figures.textContent = m.stage[0].toUpperCase() + m.stage.slice(1) +
      (m.totalFiles ? ': ' + m.files.toLocaleString('en-US') + ' of ' + m.totalFiles.toLocaleString('en-US') : '') +
      (m.files > 0 && seconds > 1 ? ', ' + Math.round(rate).toLocaleString('en-US') + ' files/s, ' + time((m.totalFiles - m.files) / rate) : '');
  };

  const finish = () => {
    clearTimeout(timer);
    started = 0;
    work.hidden = true;
    enable(true);
  };

  const fail = (text) => { finish(); say(text); };

  // What "List this data set" sends: figures and names of classes alone.
  const facts = (text) => {
    const { schema, input, classes, metrics } = JSON.parse(text);
    return JSON.stringify({
      schema,
      input: { files: input.files, images: input.images, labels: input.labels, formats: input.formats.map((f) => ({ name: f.name })) },
      classes: classes.filter((c) => c.labels > 0).slice(0, 60).map((c) => ({ name: c.name, masked: c.masked, labels: c.labels })),
      metrics: {
        completeness: { boxes: metrics.completeness.boxes },
        splits: metrics.splits,
        leakage: metrics.leakage && { sets: metrics.leakage.sets },
      },
    });
  };

  const done = (r) => {
    const seconds = (performance.now() - started) / 1000;
    finish();
    reports = r;
    say('Done in ' + (seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)) + ' s. Nothing was sent.');
    result.innerHTML = r.html;
    result.dispatchEvent(new CustomEvent('assay:content', { bubbles: true }));
    saving.hidden = false;
    for (const input of document.querySelectorAll('input[name=lqs_facts]')) input.value = facts(r.lqs);
    result.focus();
    result.scrollIntoView({ block: 'start' });
  };

  const answer = (m) => {
    if (m.kind === 'progress') progress(m);
    if (m.kind === 'done') done(m.result);
    if (m.kind === 'failed') fail(m.stopped ? 'Stopped. Nothing was kept.' : 'The audit could not finish: ' + m.message);
  };

  // Saving: files that the browser makes out of the reports.
  const save = (name, type, text) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const a = document.createElement('a');
    a.href = url;
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  by('lqs-html').addEventListener('click', () => save('lqs-report.html', 'text/html', reports.document));
  by('lqs-json').addEventListener('click', () => save('lqs-report.json', 'application/json', reports.lqs));
  by('lqs-audit').addEventListener('click', () => save('audit-report.json', 'application/json', reports.audit));
  by('lqs-csv').addEventListener('click', () => save('lqs-findings.csv', 'text/csv', reports.csv));
  by('lqs-cancel').addEventListener('click', () => {
    by('lqs-cancel').disabled = true;
    coordinator.postMessage({ kind: 'cancel' });
    // A coordinator that compares files does not listen: end it.
    timer = setTimeout(() => {
      for (const w of workers) w.terminate();
      workers = [];
      delete root.dataset.ready;
      fail('Stopped. Nothing was kept.');
      open();
    }, 5000);
  });

  for (const input of controls.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => {
      run([...input.files].map((f) => named(f)));
      input.value = '';
    });
  }
  const drop = by('lqs-drop');
  drop.addEventListener('dragover', (e) => { e.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', async (e) => {
    e.preventDefault();
    drop.classList.remove('over');
    const list = [...e.dataTransfer.items].map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry()).filter(Boolean);
    const files = list.length ? [] : [...e.dataTransfer.files].map((f) => named(f));
    try {
      run(list.length ? await entries(list) : files);
    } catch {
      say('A folder or file among them could not be read.');
    }
  });
  for (const button of document.querySelectorAll('[data-sample]')) {
    button.addEventListener('click', async () => {
      say('Fetching the sample…');
      root.scrollIntoView({ block: 'start' });
      try {
        const r = await fetch(button.dataset.sample);
        if (!r.ok) throw new Error();
        run([named(new File([await r.blob()], button.dataset.sample.split('/').pop()))]);
      } catch {
        say('The sample could not be fetched.');
      }
    });
  }
  open();
})();
