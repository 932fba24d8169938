// The pages as a browser and a screen reader have them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { JSDOM } from 'jsdom';
import { contrast, shapeBreaches, textBreaches } from './contrast.js';
import { canaryBreaches, embedded, linkBreaches, numberBreaches, structureBreaches } from './rules.js';
import { evidenceSchema, pages } from './write.js';

const all = pages();
const documentOf = (page) => new JSDOM(page).window.document;
const isComparison = (name) => name.startsWith('canary-') || name === 'many remarks: canary' || name === 'two files';

const RULES = {
  'every number is one of its JSON': numberBreaches,
  'nothing leads elsewhere': linkBreaches,
  'headings, landmarks, labels and tables are in order': structureBreaches,
  'all text has enough contrast in both themes': textBreaches,
  'all charts have enough contrast in both themes': shapeBreaches,
};

for (const [name, page] of all) {
  describe(name, () => {
    const document = documentOf(page);
    for (const [rule, breaches] of Object.entries(RULES)) {
      test(rule, () => assert.deepEqual(breaches(document), []));
    }
    if (isComparison(name)) {
      test('its tables hold what was judged, in its order', () => assert.deepEqual(canaryBreaches(document), []));
    }
  });
}

test('there are pages of every kind of gate and of every end', () => {
  const ends = [...all.values()].map((page) => {
    const { kind, verdict } = embedded(documentOf(page));
    return `${kind ?? 'files'} ${verdict ?? 'gate error'}`;
  });
  for (const end of [
    'bake pass', 'bake fail', 'bake inconclusive', 'bake gate error', 'clear pass',
    'canary pass', 'canary fail', 'canary inconclusive', 'validate pass', 'validate fail', 'files fail',
  ]) {
    assert.ok(ends.includes(end), `${end} is not among ${ends.join(', ')}`);
  }
});

// Others compute verdicts again from what the schema says.
describe('evidence is what the published schema says', () => {
  const valid = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(evidenceSchema());
  const evidences = [...all].filter(([name]) => name !== 'two files').map(([name, page]) => [name, embedded(documentOf(page))]);
  for (const [name, evidence] of evidences) {
    test(name, () => assert.ok(valid(evidence), JSON.stringify(valid.errors)));
  }
  const [, canary] = evidences.find(([name]) => name.startsWith('canary-fail'));
  for (const [part, value] of [['facts', { periods: 3 }], ['begun', {}], ['settings', { canary: { metrics: 7 } }], ['memory', { judged: 'all' }]]) {
    test(`a canary with another ${part} is not`, () => assert.ok(!valid({ ...canary, [part]: value })));
  }
});

test('long lists are cut and say so', () => {
  for (const name of ['bake', 'canary']) {
    const document = documentOf(all.get(`many remarks: ${name}`));
    const section = document.querySelector('section[aria-labelledby=remarks]');
    assert.equal(section.querySelectorAll('li').length, 50);
    assert.match(section.textContent, /50 of 60 are shown/);
  }
});

// Each rule has to see a page that breaks it.
describe('a broken page is seen', () => {
  const [, page] = [...all].find(([name]) => name.startsWith('canary-fail'));
  const seen = (breaches, change) => () => {
    const document = documentOf(page);
    assert.deepEqual(breaches(document), []);
    change(document);
    assert.notDeepEqual(breaches(document), []);
  };
  const recoloured = (name, to) => (document) => {
    const style = document.querySelector('style');
    style.textContent = style.textContent.replace(new RegExp(`${name}: #[0-9a-f]{6}`), `${name}: ${to}`);
  };
  test('another number', seen(numberBreaches, (own) => own.querySelector('.metric data').setAttribute('value', '1.2345')));
  test('a number that is shown otherwise', seen(numberBreaches, (own) => { own.querySelector('.metric data').textContent = '7.77x'; }));
  test('a number in a sentence', seen(numberBreaches, (own) => { own.querySelector('.why').textContent += ' 77.7 of them'; }));
  test('a number of another row', seen(canaryBreaches, (own) => {
    const [first, second] = [...own.querySelectorAll('table')].find((table) => table.caption.textContent === 'What was measured').tBodies[0].rows;
    first.before(second);
  }));
  test('a picture from elsewhere', seen(linkBreaches, (own) => { own.body.innerHTML += '<img src="https://example.com/x">'; }));
  test('a script', seen(linkBreaches, (own) => own.body.append(own.createElement('script'))));
  test('a style from elsewhere', seen(linkBreaches, (own) => own.querySelector('style').append('p { background: url(//example.com) }')));
  test('a heading left out', seen(structureBreaches, (own) => own.querySelector('h2').remove()));
  test('a label that is not there', seen(structureBreaches, (own) => own.querySelector('svg title').remove()));
  test('a cell that is no head', seen(structureBreaches, (own) => own.querySelector('thead th').removeAttribute('scope')));
  test('grey text on grey', seen(textBreaches, recoloured('--soft', '#b0b0b0')));
  test('a faint line', seen(shapeBreaches, recoloured('--canary', '#dde6f0')));
});

test('contrast is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});
