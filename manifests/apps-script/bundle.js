// @ts-check
/**
 * One fetch for many cells. Each =KPI() cell is an execution of its own, thirty at a time, and an account may fetch
 * 20,000 times a day. So the first cell that finds no answer asks for its neighbours too, and they find theirs in
 * the document's cache:
 *
 * 1. A cell looks for its answer in the cache, under its question and the revision it was given.
 * 2. Without one, it says in the cache what it waits for, and tries to get the document's lock.
 * 3. Who has the lock asks in one request: the own question, those of the cells that wait, and those that were asked
 *    lately in this document but not yet at this revision. All answers go into the cache.
 * 4. Who has not got the lock looks into the cache again, until the answer is there or the wait was too long.
 *
 * After a failure the cells that follow are told the same for a few seconds, without a fetch of their own.
 */
const ScorecellBundle = (() => {
  /** Answers are kept long enough for a tab to recalculate, short enough to be no second truth. */
  const ANSWER_SECONDS = 60;
  const FAILURE_SECONDS = 5;
  const WAITING_SECONDS = 20;
  const RECENT_SECONDS = 21600; // the longest the cache keeps anything
  /** Neighbours are not asked again while their answers are surely still there. */
  const BUNDLE_SECONDS = ANSWER_SECONDS - 15;
  const MOST_QUESTIONS = 500;
  const MOST_RECENT_CHARACTERS = 30000; // a cache value has 100 KB, and a character up to three bytes
  /** Cells that wait, each in a place that a byte of its digest names: no lock is needed to queue. */
  const PLACES = 256;
  /** Twenty seconds: as long as the server takes at most, and less than the thirty of an execution. */
  const MOST_TRIES = 80;
  const TRY_MS = 250;
  const RECENT = 'scorecell:recent';

  /**
   * Answer one question, from the cache if it can be. Throws a sentence.
   * @param {ScorecellQuestion} question @param {string} revision whatever the cell was given
   * @returns {ScorecellAnswer}
   */
  function answer(question, revision) {
    const link = ScorecellClient.connection();
    const cache = CacheService.getDocumentCache();
    const lock = LockService.getDocumentLock();
    if (!cache || !lock) return ScorecellClient.answers(link, [question])[0];
    const scope = digest([link.server, link.key, revision]);
    const found = look(cache, scope, question);
    if (found) return found;
    cache.put(place(scope, question), JSON.stringify(question), WAITING_SECONDS);
    return inTurn(cache, lock, scope, question, () => ask(link, cache, scope, question));
  }

  /**
   * Look into the cache until the answer is there or the lock is ours to fetch it.
   * @param {*} cache @param {*} lock @param {string} scope @param {ScorecellQuestion} question
   * @param {() => ScorecellAnswer} fetch
   * @returns {ScorecellAnswer}
   */
  function inTurn(cache, lock, scope, question, fetch) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const isOurs = lock.tryLock(TRY_MS);
      try {
        const found = look(cache, scope, question);
        if (found) return found;
        if (isOurs) return fetch();
      } finally {
        if (isOurs) lock.releaseLock();
      }
    }
    throw new Error(ScorecellWords.say('server_slow'));
  }

  /**
   * The answer in the cache, or null. Throws what others were told a moment ago.
   * @param {*} cache @param {string} scope @param {ScorecellQuestion} question
   * @returns {ScorecellAnswer|null}
   */
  function look(cache, scope, question) {
    const names = [answerName(scope, question), failureName(scope)];
    const found = cache.getAll(names);
    if (found[names[0]]) {
      const [value, state, message] = JSON.parse(found[names[0]]);
      return { value, state, message };
    }
    if (found[names[1]]) throw new Error(found[names[1]]);
    return null;
  }

  /**
   * Fetch the question with its neighbours and leave all answers in the cache. Throws a sentence.
   * @param {ScorecellConnection} link @param {*} cache @param {string} scope @param {ScorecellQuestion} question
   * @returns {ScorecellAnswer}
   */
  function ask(link, cache, scope, question) {
    const waiting = waitingCells(cache, scope);
    const recent = JSON.parse(cache.get(RECENT) || '[]');
    const isFresh = cache.get(bundleName(scope)) !== null;
    const questions = distinct([question].concat(waiting, isFresh ? [] : recent)).slice(0, MOST_QUESTIONS);
    const answers = fetched(link, cache, scope, questions);
    keep(cache, scope, questions, answers);
    remember(cache, distinct(questions.concat(recent)));
    if (!isFresh) cache.put(bundleName(scope), '1', BUNDLE_SECONDS);
    return answers[0];
  }

  /**
   * The server's answers. Throws a sentence, and leaves it for the cells that follow.
   * @param {ScorecellConnection} link @param {*} cache @param {string} scope @param {ScorecellQuestion[]} questions
   * @returns {ScorecellAnswer[]}
   */
  function fetched(link, cache, scope, questions) {
    try {
      return ScorecellClient.answers(link, questions);
    } catch (error) {
      cache.put(failureName(scope), ScorecellClient.reason(error), FAILURE_SECONDS);
      throw error;
    }
  }

  /**
   * What cells with this revision wait for.
   * @param {*} cache @param {string} scope
   * @returns {ScorecellQuestion[]}
   */
  function waitingCells(cache, scope) {
    const places = Array.from({ length: PLACES }, (_, index) => placeName(scope, index));
    const found = cache.getAll(places);
    cache.removeAll(Object.keys(found));
    return Object.values(found).map((text) => JSON.parse(text));
  }

  /**
   * @param {*} cache @param {string} scope
   * @param {ScorecellQuestion[]} questions @param {ScorecellAnswer[]} answers
   */
  function keep(cache, scope, questions, answers) {
    /** @type {Object<string, string>} */
    const entries = {};
    questions.forEach((question, index) => {
      const { value, state, message } = answers[index];
      entries[answerName(scope, question)] = JSON.stringify([value, state, message]);
    });
    cache.putAll(entries, ANSWER_SECONDS);
  }

  /**
   * Keep the questions of this document, the latest first, as many as fit.
   * @param {*} cache @param {ScorecellQuestion[]} questions
   */
  function remember(cache, questions) {
    let room = MOST_RECENT_CHARACTERS;
    const kept = questions.slice(0, MOST_QUESTIONS).filter((question) => {
      room -= JSON.stringify(question).length + 1;
      return room > 0;
    });
    cache.put(RECENT, JSON.stringify(kept), RECENT_SECONDS);
  }

  /** @param {ScorecellQuestion[]} questions @returns {ScorecellQuestion[]} */
  function distinct(questions) {
    return Array.from(new Map(questions.map((question) => [JSON.stringify(question), question])).values());
  }

  /** @param {string} scope @param {ScorecellQuestion} question @returns {string} */
  function answerName(scope, question) {
    return `scorecell:${scope}:${digest(question)}`;
  }

  /** @param {string} scope @returns {string} */
  function failureName(scope) {
    return `scorecell:${scope}:failure`;
  }

  /** @param {string} scope @returns {string} */
  function bundleName(scope) {
    return `scorecell:${scope}:bundle`;
  }

  /** The place where a question waits. @param {string} scope @param {ScorecellQuestion} question @returns {string} */
  function place(scope, question) {
    return placeName(scope, sha256(question)[0] & (PLACES - 1));
  }

  /** @param {string} scope @param {number} index @returns {string} */
  function placeName(scope, index) {
    return `scorecell:${scope}:waits:${index}`;
  }

  /** A short name for texts that no other texts have. @param {string[]} texts @returns {string} */
  function digest(texts) {
    return Utilities.base64EncodeWebSafe(sha256(texts));
  }

  /** @param {string[]} texts @returns {number[]} */
  function sha256(texts) {
    const { DigestAlgorithm, Charset } = Utilities;
    return Utilities.computeDigest(DigestAlgorithm.SHA_256, JSON.stringify(texts), Charset.UTF_8);
  }

  return Object.freeze({ answer });
})();
