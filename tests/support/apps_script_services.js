// What executions share, with Google's limits: cache, lock, properties, fetches, the sheet and its dialogs.
// Each method takes the thread that calls first.
'use strict';
const http = require('node:http');
const https = require('node:https');

const CACHE_ITEMS_MAX = 1000;
const CACHE_ITEMS_KEPT = 900;
const CACHE_KEY_MAX = 250;
const CACHE_VALUE_MAX_BYTES = 100 * 1024;
const CACHE_SECONDS = { usual: 600, max: 21600 };
const PROPERTY_MAX_BYTES = 9 * 1024;
const RESPONSE_MAX_BYTES = 50 * 1024 * 1024;

class Clock {
  constructor() {
    this.ahead = 0;
  }

  advance(seconds) {
    this.ahead += seconds * 1000;
  }

  now() {
    return Date.now() + this.ahead;
  }
}

class Cache {
  constructor(clock) {
    this.clock = clock;
    this.items = new Map();
  }

  getAll(_thread, names) {
    const found = names.filter((name) => (this.items.get(name)?.expires ?? 0) > this.clock.now());
    return Object.fromEntries(found.map((name) => [name, this.items.get(name).value]));
  }

  putAll(_thread, values, seconds = CACHE_SECONDS.usual) {
    if (!(seconds >= 1 && seconds <= CACHE_SECONDS.max)) throw new Error('Invalid argument: expirationInSeconds');
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'string') throw new Error('The parameters do not match the method signature for put.');
      if (name.length > CACHE_KEY_MAX) throw new Error('Argument too large: key');
      if (Buffer.byteLength(value) > CACHE_VALUE_MAX_BYTES) throw new Error('Argument too large: value');
      this.items.set(name, { value, expires: this.clock.now() + seconds * 1000 });
    }
    if (this.items.size > CACHE_ITEMS_MAX) {
      const longest = [...this.items].sort((one, other) => other[1].expires - one[1].expires);
      this.items = new Map(longest.slice(0, CACHE_ITEMS_KEPT));
    }
  }

  removeAll(_thread, names) {
    for (const name of names) this.items.delete(name);
  }
}

class Lock {
  constructor() {
    this.owner = null;
    this.queue = [];
  }

  tryLock(thread, milliseconds) {
    if (this.owner === null || this.owner === thread) {
      this.owner = thread;
      return true;
    }
    return new Promise((resolve) => {
      const place = { thread, resolve };
      this.queue.push(place);
      setTimeout(() => {
        this.queue = this.queue.filter((other) => other !== place);
        resolve(this.owner === thread);
      }, milliseconds);
    });
  }

  leave(thread) {
    if (this.owner !== thread) return;
    const next = this.queue.shift();
    this.owner = next ? next.thread : null;
    next?.resolve(true);
  }
}

class Properties {
  constructor(job) {
    this.stores = { document: { ...job.properties }, script: { ...job.script_properties } };
  }

  merge(changes) {
    for (const [name, value] of Object.entries(changes)) this.stores.document[name] = value;
  }

  document() {
    return { ...this.stores.document };
  }

  get(_thread, store) {
    return { ...this.stores[store] };
  }

  set(_thread, store, values) {
    for (const [name, value] of Object.entries(values)) {
      if (Buffer.byteLength(String(value)) > PROPERTY_MAX_BYTES) throw new Error('Argument too large: value');
      this.stores[store][name] = String(value);
    }
  }

  remove(_thread, store, name) {
    delete this.stores[store][name];
  }
}

class Fetching {
  constructor(job, journal) {
    this.left = job.fetch_quota;
    this.milliseconds = job.fetch_seconds * 1000;
    this.journal = journal;
  }

  async fetch(_thread, url, options) {
    if (this.left <= 0) throw new Error('Service invoked too many times for one day: urlfetch.');
    this.left -= 1;
    const entry = { method: options.method, path: new URL(url).pathname, status: 0, body: options.payload ?? '' };
    this.journal.push(entry);
    await new Promise((resolve) => setTimeout(resolve, this.milliseconds));
    const response = await send(url, options);
    entry.status = response.status;
    if (response.status >= 400 && !options.muteHttpExceptions) {
      throw new Error(`Request failed for ${url} returned code ${response.status}.`);
    }
    return response;
  }
}

function send(url, options) {
  const library = url.startsWith('https:') ? https : http;
  const body = Buffer.from(options.payload ?? '', 'utf8');
  const headers = { ...options.headers, 'Content-Type': options.contentType, 'Content-Length': body.length };
  return new Promise((resolve, reject) => {
    const unavailable = () => reject(new Error(`Address unavailable: ${url}`));
    const request = library.request(url, { method: options.method.toUpperCase(), headers, agent: false }, (response) => {
      const chunks = [];
      let size = 0;
      response.on('data', (chunk) => {
        size += chunk.length;
        if (size > RESPONSE_MAX_BYTES) request.destroy();
        chunks.push(chunk);
      });
      response.on('error', unavailable);
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', unavailable);
    request.end(body);
  });
}

class Ui {
  constructor(job) {
    this.button = job.button;
    this.said = [];
  }

  show(_thread, what) {
    this.said.push(what);
    return this.button;
  }

  taken() {
    return this.said.splice(0);
  }
}

class Spreadsheet {
  constructor(sheet) {
    this.sheet = sheet;
  }

  named(_thread, name) {
    const place = this.sheet.names[name];
    return place === undefined ? null : { place, value: this.sheet.value(place) };
  }

  write(_thread, place, value) {
    this.sheet.set({ [place]: value }, {});
  }
}

function createServices(job, sheet) {
  const clock = new Clock();
  const journal = [];
  return {
    clock,
    journal,
    cache: new Cache(clock),
    lock: new Lock(),
    properties: new Properties(job),
    fetching: new Fetching(job, journal),
    ui: new Ui(job),
    spreadsheet: new Spreadsheet(sheet),
  };
}

module.exports = { createServices };
