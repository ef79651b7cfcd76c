// @ts-check
/**
 * The custom functions. Each takes `revision` last: give it KPI_REVISION, and the cell follows every refresh.
 * Sheets shows the first line and the parameters of each comment while a formula is typed.
 */

/**
 * A KPI of the company, a team, a rep or another slice in a period. Ranges spill.
 *
 * @param {string|Array<Array<string>>} kpi the KPI, such as "win_rate": a cell or a range
 * @param {string|Array<Array<string>>} who empty for the company, a name, or "team:West": a cell or a range
 * @param {string|Array<Array<string>>} period such as "2026-Q3", "this month" or a date: a cell or a range
 * @param {string} show what of it: "value", "target", "attainment", "gap", "vs prior", "rank", "status" and others
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The number, or why there is none.
 * @customfunction
 */
function KPI(kpi, who, period, show, revision) {
  const { shown, shownAlone } = ScorecellCells;
  return ScorecellAsking.answers([kpi, who, period, show], revision, shown, shownAlone);
}

/**
 * The target of a KPI. Ranges spill.
 *
 * @param {string|Array<Array<string>>} kpi the KPI, such as "revenue": a cell or a range
 * @param {string|Array<Array<string>>} who empty for the company, a name, or "team:West": a cell or a range
 * @param {string|Array<Array<string>>} period such as "2026-Q3", "this month" or a date: a cell or a range
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The target, or why there is none.
 * @customfunction
 */
function KPI_TARGET(kpi, who, period, revision) {
  return KPI(kpi, who, period, 'target', revision);
}

/**
 * Whether a KPI's number is whole and fresh, and if there is none, why. Ranges spill.
 *
 * @param {string|Array<Array<string>>} kpi the KPI, such as "revenue": a cell or a range
 * @param {string|Array<Array<string>>} who empty for the company, a name, or "team:West": a cell or a range
 * @param {string|Array<Array<string>>} period such as "2026-Q3", "this month" or a date: a cell or a range
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return "ok", or a sentence.
 * @customfunction
 */
function KPI_STATUS(kpi, who, period, revision) {
  const { explained } = ScorecellCells;
  return ScorecellAsking.answers([kpi, who, period, ''], revision, explained, explained);
}

/**
 * A table of KPIs, slices and periods, with headers.
 *
 * @param {string|Array<Array<string>>} kpis the KPIs: a cell or a range
 * @param {string|Array<Array<string>>} whos the slices, empty for the company: a cell or a range
 * @param {string|Array<Array<string>>} periods the periods: a cell or a range
 * @param {string} show what of each: "value", "target", "attainment", "vs prior" and others
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The table.
 * @customfunction
 */
function KPI_TABLE(kpis, whos, periods, show, revision) {
  const { list, single, checkSize } = ScorecellCells;
  const body = { kpis: list(kpis), whos: list(whos), periods: list(periods), show: single('show', show) };
  checkSize(body.kpis.length * body.whos.length * body.periods.length);
  return ScorecellAsking.rows('/v1/table', body);
}

/**
 * A scorecard: the KPIs that matter for a role, with target, attainment and change.
 *
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} scorecard such as "rep", "manager", "pipeline", "activity", "marketing"
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The scorecard.
 * @customfunction
 */
function KPI_SCORECARD(who, period, scorecard, revision) {
  return ScorecellAsking.rows('/v1/scorecard', ScorecellAsking.texts({ who, period, scorecard }));
}

/**
 * A KPI over the last periods, the latest last.
 *
 * @param {string} kpi the KPI, such as "revenue"
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} grain "day", "week", "month", "quarter" or "year"
 * @param {number} count how many periods, the running one included
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The periods and their numbers.
 * @customfunction
 */
function KPI_TREND(kpi, who, grain, count, revision) {
  const { count: text, ...words } = ScorecellAsking.texts({ kpi, who, grain, count });
  const body = text === '' ? words : { ...words, count: ScorecellAsking.count(text) };
  return ScorecellAsking.rows('/v1/trend', body);
}

/**
 * Who leads in a KPI: the members of a dimension, ranked.
 *
 * @param {string} kpi the KPI, such as "revenue"
 * @param {string} dimension "rep", "team", "region", "product", "market", "source" and others
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The members and their numbers.
 * @customfunction
 */
function KPI_LEADERBOARD(kpi, dimension, period, revision) {
  return ScorecellAsking.rows('/v1/leaderboard', ScorecellAsking.texts({ kpi, dimension, period }));
}

/**
 * The funnel from lead to won deal, with the conversion of each step.
 *
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The steps.
 * @customfunction
 */
function KPI_FUNNEL(who, period, revision) {
  return ScorecellAsking.rows('/v1/funnel', ScorecellAsking.texts({ who, period }));
}

/**
 * What the revenue of a period will come to, by two methods, and how wrong each was in earlier periods.
 *
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this quarter" or a date
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The forecasts, with their intervals and past errors.
 * @customfunction
 */
function KPI_FORECAST(who, period, revision) {
  return ScorecellAsking.rows('/v1/forecast', ScorecellAsking.texts({ who, period }));
}

/**
 * What a KPI's change between two periods is made of. The parts add up to the change.
 *
 * @param {string} kpi the KPI, such as "win_rate"
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} against the period to compare with; empty for the one before
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The parts.
 * @customfunction
 */
function KPI_BRIDGE(kpi, who, period, against, revision) {
  return ScorecellAsking.rows('/v1/bridge', ScorecellAsking.texts({ kpi, who, period, against }));
}

/**
 * What a KPI's number is made of: formula, both parts, filter, sources and how fresh they are.
 *
 * @param {string} kpi the KPI, such as "win_rate"
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The explanation.
 * @customfunction
 */
function KPI_EXPLAIN(kpi, who, period, revision) {
  return ScorecellAsking.rows('/v1/explain', ScorecellAsking.texts({ kpi, who, period }));
}

/**
 * The records behind a KPI's number.
 *
 * @param {string} kpi the KPI, such as "win_rate"
 * @param {string} who empty for the company, a name, or "team:West"
 * @param {string} period such as "2026-Q3", "this month" or a date
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The records.
 * @customfunction
 */
function KPI_RECORDS(kpi, who, period, revision) {
  return ScorecellAsking.rows('/v1/records', ScorecellAsking.texts({ kpi, who, period }));
}

/**
 * All KPIs that can be asked, or those of one family.
 *
 * @param {string} family such as "revenue"; empty for all
 * @return The KPIs with title, family, unit and formula.
 * @customfunction
 */
function KPI_LIST(family) {
  return ScorecellAsking.catalogue(ScorecellCells.single('family', family));
}

/**
 * When the numbers were last brought up to date.
 *
 * @param {string} revision KPI_REVISION, to follow every refresh
 * @return The moment.
 * @customfunction
 */
function KPI_FRESH(revision) {
  return ScorecellAsking.freshness();
}
