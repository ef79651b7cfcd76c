// Runs the custom functions and the menu as Google Sheets would: a job on stdin, what came of it on stdout.
//
// A job has `folder` (the scripts), settings, and `steps`. A step sets cells (`set`, `names`), lets time pass
// (`advance_seconds`), changes properties (`properties`) or calls a menu entry (`run`). Each execution is a realm of
// its own in a thread of its own, at most `parallel` at once; what executions share lives here.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { MessageChannel, Worker } = require('node:worker_threads');
const { createServices } = require('./apps_script_services.js');
const { Sheet } = require('./apps_script_sheet.js');

/** Threads that execute one function at a time, with the time limit of custom functions. */
class Executions {
  constructor(job, services) {
    this.job = job;
    this.services = services;
    this.idle = [];
    this.count = 0;
    this.running = 0;
    this.waiting = [];
  }

  async execute(name, args, mode) {
    this.count += 1;
    if (this.running >= this.job.parallel) await new Promise((resolve) => this.waiting.push(resolve));
    this.running += 1;
    const thread = this.idle.pop() ?? this.start();
    try {
      return await this.outcome(thread, { name, args, mode });
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  start() {
    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(4);
    const workerData = { job: this.job, port: port2, signal };
    const worker = new Worker(path.join(__dirname, 'apps_script_execution.js'), { workerData, transferList: [port2] });
    const thread = { worker, id: worker.threadId };
    port1.on('message', async ({ service, method, args }) => {
      port1.postMessage(await this.answer(thread, service, method, args));
      Atomics.store(new Int32Array(signal), 0, 1);
      Atomics.notify(new Int32Array(signal), 0);
    });
    port1.unref();
    return thread;
  }

  async answer(thread, service, method, args) {
    try {
      return { value: await this.services[service][method](thread, ...args) };
    } catch (error) {
      return { error: error.message };
    }
  }

  outcome(thread, task) {
    return new Promise((resolve) => {
      const finish = (result) => {
        clearTimeout(timer);
        thread.worker.off('error', fail).off('message', succeed);
        this.services.lock.leave(thread);
        resolve(result);
      };
      const timer = setTimeout(() => {
        thread.worker.terminate();
        finish({ error: 'Exceeded maximum execution time (line 0).' });
      }, this.job.limit_seconds * 1000);
      const fail = (error) => finish({ error: String(error) });
      const succeed = (result) => {
        this.idle.push(thread);
        finish(result);
      };
      thread.worker.once('error', fail).once('message', succeed);
      thread.worker.postMessage(task);
    });
  }
}

/** What a cell can call, by its name in capitals: every function of the scripts, also those not meant for cells. */
function callable(folder) {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.js'));
  const sources = files.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const names = sources.flatMap((source) => [...source.matchAll(/^function (\w+[^_\W])\(/gm)].map(([, name]) => name));
  return new Map(names.map((name) => [name.toUpperCase(), name]));
}

async function take(step, { functions, services, sheet, executions }) {
  const before = { fetches: services.journal.length, executions: executions.count };
  services.clock.advance(step.advance_seconds ?? 0);
  services.properties.merge(step.properties ?? {});
  let outcome = {};
  if (step.run) outcome = await executions.execute(step.run, step.args ?? [], 'menu');
  sheet.set(step.set ?? {}, step.names ?? {});
  await sheet.calculate((name, args) => executions.execute(name, args, 'cell'), functions);
  return {
    value: outcome.value ?? null,
    error: outcome.error ?? '',
    cells: sheet.shown(),
    fetches: services.journal.slice(before.fetches),
    executions: executions.count - before.executions,
    dialogs: services.ui.taken(),
    properties: services.properties.document(),
  };
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const job = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const sheet = new Sheet();
  const services = createServices(job, sheet);
  const executions = new Executions(job, services);
  const world = { functions: callable(job.folder), services, sheet, executions };
  const outcomes = [];
  for (const step of job.steps) outcomes.push(await take(step, world));
  process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`, () => process.exit(1));
});
