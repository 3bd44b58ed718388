// One of the workers of /lqs. It holds the audit, which the page has compiled
// once, and does what the page says. Its policy forbids every connection.
'use strict';
let run = null;

// assayRead puts a slice of a blob at the start of an array. It is false if the
// file cannot be read, or is shorter than it was.
const reader = new FileReaderSync();
self.assayRead = (blob, from, to, array) => {
  try {
    const part = new Uint8Array(reader.readAsArrayBuffer(blob.slice(from, to)));
    array.set(part);
    return part.length === to - from;
  } catch {
    return false;
  }
};

const load = async (m) => {
  importScripts(m.exec);
  const go = new Go();
  const instance = await WebAssembly.instantiate(m.module, go.importObject);
  go.run(instance).then(() => postMessage({ kind: 'died' }), () => postMessage({ kind: 'died' }));
  if (m.port) assayServe(m.port);
  if (m.ports) assayConnect(m.ports);
  postMessage({ kind: 'ready' });
};

const score = async (m) => {
  let told = 0;
  run = assayScore(m.files, m.options, (stage, files, totalFiles, bytes, totalBytes) => {
    const now = performance.now();
    if (now - told < 100 && files < totalFiles) return;
    told = now;
    postMessage({ kind: 'progress', stage, files, totalFiles, bytes, totalBytes });
  });
  const result = await run.done;
  postMessage({ kind: 'done', result });
};

onmessage = async (e) => {
  const m = e.data;
  try {
    if (m.kind === 'load') await load(m);
    if (m.kind === 'score') await score(m);
    if (m.kind === 'cancel' && run) run.cancel();
    if (m.kind === 'lose' && run) run.lose(m.number);
  } catch (err) {
    postMessage({ kind: 'failed', message: err.message, stopped: err.message === 'stopped' });
  }
};
