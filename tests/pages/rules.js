// What every page keeps to. Each rule takes a document and gives its
// breaches, in words, so that each is also seen red.

// The JSON that the page ends with.
export function embedded(document) {
  return JSON.parse(document.querySelector('pre#evidence').textContent);
}

function numbersOf(value, found = []) {
  if (typeof value === 'number') found.push(value);
  else if (typeof value === 'string') found.push(...numberTokens(value).map((own) => own.value));
  else if (value && typeof value === 'object') for (const own of Object.values(value)) numbersOf(own, found);
  return found;
}

// Numbers in a text, apart from parts of words, dates and lengths of time,
// with half a unit of their last digit.
function numberTokens(text) {
  const found = [];
  const number = /(?<![\w.:#/-])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(x|%)?(?![\w:/-]|\.\d)/g;
  for (const [token, unit] of text.matchAll(number)) {
    const plain = token.replaceAll(',', '').replace(/[x%]$/, '');
    const [mantissa, exponent = '0'] = plain.split('e');
    const decimals = mantissa.split('.')[1]?.length ?? 0;
    const scale = unit === '%' ? 0.01 : 1;
    const half = 0.5 * 10 ** (Number(exponent) - decimals) * scale * (1 + 1e-9);
    found.push({ token, value: Number(plain) * scale, half });
  }
  return found;
}

// All that a page may say in numbers: what stands in its JSON, and the few
// sums, shares and counts that are made of it.
export function known(json) {
  const values = numbersOf(json);
  values.push(0, 1);
  const counts = json.facts?.traffic?.counted?.counts ?? [];
  values.push(counts.reduce((sum, own) => sum + own.count, 0), ...counts.map((own) => own.count));
  // Lists and tables that are cut say how much of them is shown.
  values.push(json.remarks?.length ?? 0, 50, counts.length, 200);
  for (const [baseline, canary] of pairs(json)) {
    for (const side of [baseline, canary]) if (side?.total > 0) values.push((side.count ?? 0) / side.total);
  }
  const traffic = json.facts?.traffic;
  if (traffic?.canary) {
    traffic.canary.forEach((own, index) => values.push(own / (own + traffic.baseline[index])));
  }
  const judged = json.facts?.judgement ?? json;
  const read = json.facts?.periods ?? json.readings?.length;
  if (read !== undefined) values.push(read, read - judged.periods);
  values.push(Math.exp(-judged.log_e_harm_needed), ...(judged.metrics ?? []).map((own) => own.log_e_harm + Math.log(own.weight)));
  const canary = json.settings?.canary;
  if (canary) {
    const period = seconds(canary.period ?? '1m');
    values.push(seconds(canary.horizon ?? '1h') / period, canary.at_least ? Math.ceil(seconds(canary.at_least) / period) : 5);
  }
  return values;
}

// The seconds of a length of time, as `1h30m`.
function seconds(text) {
  const units = { d: 86400, h: 3600, m: 60, s: 1 };
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, count, unit]) => sum + count * units[unit], 0);
}

// Readings of counts, as the judge is given them.
function pairs(json) {
  const found = (json.readings ?? []).flat().map((own) => [own.baseline, own.canary]);
  for (const metric of json.facts?.metrics ?? []) {
    const { count, of } = metric.count ?? {};
    if (!of) continue;
    of.canary.forEach((_, index) => {
      const side = (name) => ({ count: count[name][index], total: of[name][index] });
      found.push([side('baseline'), side('canary')]);
    });
  }
  return found;
}

const NO_NUMBERS = 'pre, code, time, .offset, style, h1, .axis, .about, .marks, table:has(td code), title';

export function numberBreaches(document) {
  const json = embedded(document);
  const values = known(json);
  const exact = new Set(values);
  const breaches = [];
  for (const own of document.querySelectorAll('data')) {
    const value = Number(own.getAttribute('value'));
    const [shown] = numberTokens(own.textContent);
    if (!exact.has(value)) breaches.push(`${own.outerHTML} is not in the JSON`);
    if (!shown || Math.abs(shown.value - value) > shown.half) breaches.push(`${own.outerHTML} shows another number`);
  }
  const walker = document.createTreeWalker(document.body, 4);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    const isTitle = parentElement.localName === 'title';
    if (parentElement.closest('data') || (!isTitle && parentElement.closest(NO_NUMBERS))) continue;
    for (const { token, value, half } of numberTokens(textContent)) {
      if (!values.some((own) => Math.abs(own - value) <= half)) breaches.push(`${token} in "${textContent}"`);
    }
  }
  return breaches;
}

// Tables of a canary hold what was judged, in its order.
export function canaryBreaches(document) {
  const json = embedded(document);
  const judged = json.facts?.judgement ?? json;
  const rows = (caption) => {
    const table = [...document.querySelectorAll('table')].find((own) => own.caption?.textContent === caption);
    return [...(table?.tBodies[0].rows ?? [])];
  };
  const exact = (row) => [...row.querySelectorAll('data')].map((own) => Number(own.getAttribute('value')));
  const breaches = [];
  const compare = (what, shown, expected) => {
    const own = JSON.stringify(expected.filter((value) => value !== null && value !== undefined));
    if (JSON.stringify(shown) !== own) breaches.push(`${what}: ${JSON.stringify(shown)} is not ${own}`);
  };
  const metrics = judged.metrics ?? [judged.metric];
  const measured = rows('What was measured');
  if (measured.length !== metrics.length) breaches.push(`${measured.length} rows of ${metrics.length} metrics`);
  metrics.forEach((own, index) => {
    const events = [0, 1].flatMap((side) => [own.events?.[side], own.traffic?.[side]]);
    const weight = own.weight > 0 ? [own.weight] : [];
    const ratio = own.ratio === null ? [] : [own.ratio, own.interval.lower];
    compare(own.name, measured[index] ? exact(measured[index]) : [], [
      ...weight, own.n, own.missing, own.few_samples, own.unusable, ...events, ...ratio,
      own.interval.upper, own.allowed, own.log_e_harm, own.log_e_safe,
    ]);
    const facts = json.facts?.metrics[index];
    const at = (series, period) => series?.[period] ?? null;
    rows(`Readings of ${own.name}`).forEach((row, period) => {
      const of = (side) => {
        if (!facts) return Object.values(json.readings[period][index][side] ?? {});
        const total = at(facts.count?.of[side], period);
        if (facts.count) return total === null ? [] : [at(facts.count.count[side], period) ?? 0, total];
        const value = at(facts.series.value[side], period);
        return value === null ? [] : [value, facts.series.samples && (at(facts.series.samples[side], period) ?? 0)];
      };
      compare(`${own.name}, period ${period}`, exact(row), [...of('baseline'), ...of('canary')]);
    });
  });
  return breaches;
}

const LEADS = ['src', 'href', 'xlink:href', 'srcset', 'action', 'formaction', 'poster', 'background', 'cite', 'ping', 'manifest'];
const FORBIDDEN = 'script, link, iframe, frame, img, image, object, embed, base, form, audio, video, source, a, use, meta[http-equiv]';

export function linkBreaches(document) {
  const breaches = [...document.querySelectorAll(FORBIDDEN)].map((own) => `<${own.localName}>`);
  for (const own of document.querySelectorAll('*')) {
    for (const { name, value } of own.attributes) {
      if (LEADS.includes(name) || name.startsWith('on')) breaches.push(`${name}="${value}"`);
      if (/url\((?!["']?#)/i.test(value)) breaches.push(`${name}="${value}"`);
    }
  }
  for (const { textContent } of document.querySelectorAll('style')) {
    if (/@import|\/\/|url\((?!["']?#)/i.test(textContent)) breaches.push('the style leads elsewhere');
  }
  return breaches;
}

export function structureBreaches(document) {
  const breaches = [];
  const must = (holds, breach) => { if (!holds) breaches.push(breach); };
  must(document.documentElement.lang === 'en', 'no language');
  must(document.title.trim() !== '', 'no title');
  must(document.querySelectorAll('main').length === 1, 'not one main');
  let level = 0;
  for (const own of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const next = Number(own.localName[1]);
    must(next <= level + 1 && (next === 1) === (level === 0), `${own.outerHTML} after h${level}`);
    must(own.textContent.trim() !== '', `${own.outerHTML} is empty`);
    level = next;
  }
  const ids = [...document.querySelectorAll('[id]')].map((own) => own.id);
  for (const id of new Set(ids)) must(ids.indexOf(id) === ids.lastIndexOf(id), `${id} is there twice`);
  for (const own of document.querySelectorAll('[aria-labelledby]')) {
    const target = document.getElementById(own.getAttribute('aria-labelledby'));
    must(target?.textContent.trim(), `${own.localName} is labelled by what is not there`);
    if (own.localName === 'section') must(/^h\d$/.test(target?.localName), 'a section is not labelled by a heading');
    if (own.localName === 'svg') must(target?.parentElement === own, 'a picture is labelled by what is outside of it');
  }
  for (const own of document.querySelectorAll('section')) {
    must(own.hasAttribute('aria-labelledby'), 'a section without a label');
  }
  for (const own of document.querySelectorAll('svg')) {
    const isNamed = own.getAttribute('aria-label')?.trim() || own.hasAttribute('aria-labelledby');
    const isPart = own.getAttribute('aria-hidden') === 'true' && own.closest('svg[role=img]');
    must(isPart || (own.getAttribute('role') === 'img' && isNamed), 'a picture without a name');
  }
  for (const own of document.querySelectorAll('table')) {
    must(own.caption?.textContent.trim(), 'a table without a caption');
    must(own.tHead && [...own.tHead.querySelectorAll('th')].every((cell) => cell.scope === 'col'), 'a table without heads');
    for (const row of own.tBodies[0].rows) {
      must(row.cells[0].localName === 'th' && row.cells[0].scope === 'row', 'a row without a head');
      must(row.cells.length === own.tHead.rows[0].cells.length, 'a row of another length');
    }
  }
  for (const own of document.querySelectorAll('[tabindex]')) {
    must(own.getAttribute('aria-label')?.trim(), 'a place for the keyboard without a name');
  }
  for (const own of document.querySelectorAll('details')) {
    must(own.firstElementChild?.localName === 'summary', 'details without a summary');
  }
  return breaches;
}
