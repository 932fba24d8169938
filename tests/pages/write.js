// Has the command write the pages that are read here: of releases of the
// examples, of two files, and of evidence with more remarks than are listed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const sluice = process.env.SLUICE ?? join(target, 'debug', 'sluice');
const example = (...parts) => join(root, 'examples', ...parts);

function run(expected, ...parts) {
  const { error, status, stdout, stderr } = spawnSync(sluice, parts, { encoding: 'utf8' });
  if (error) throw new Error(`${sluice} does not run, build it first: ${error.message}`);
  if (status !== expected) throw new Error(`sluice ${parts.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

// The plan of the canary example with something else in it.
function planWith(folder, name, ...changes) {
  let text = readFileSync(example('canary', 'sluice.yaml'), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the example has no ${from}`);
    text = text.replaceAll(from, to);
  }
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

// The published schema of evidence.
export function evidenceSchema() {
  return JSON.parse(spawnSync(sluice, ['schema', 'evidence'], { encoding: 'utf8' }).stdout);
}

// Pages by name, each as text.
export function pages() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
  const found = new Map();
  const rehearse = (name, expected, plan, scenario) => {
    const into = join(folder, name);
    run(expected, 'rehearse', plan, '--scenario', scenario, '-q', '--html', into, '--evidence', into);
    for (const file of readdirSync(into).filter((own) => own.endsWith('.html'))) {
      found.set(`${name}: ${file}`, readFileSync(join(into, file), 'utf8'));
    }
    return into;
  };
  const checkout = example('checkout', 'sluice.yaml');
  rehearse('good', 0, checkout, example('checkout', 'good.yaml'));
  const fired = rehearse('between-looks', 1, checkout, example('checkout', 'between-looks.yaml'));
  rehearse('quiet-night', 2, checkout, example('checkout', 'quiet-night.yaml'));
  rehearse('denied', 3, checkout, example('checkout', 'denied.yaml'));

  const clear = join(folder, 'clear.yaml');
  writeFileSync(clear, 'service: checkout\nstages:\n  beta:\n    gates:\n      - clear: { alarms: [checkout-beta-5xx] }\n');
  rehearse('clear', 0, clear, example('checkout', 'good.yaml'));

  const canary = example('canary', 'sluice.yaml');
  const noisy = example('canary', 'noisy.yaml');
  rehearse('canary-pass', 0, canary, noisy);
  const slower = rehearse('canary-fail', 1, canary, example('canary', 'slower.yaml'));
  const narrow = planWith(folder, 'narrow', ['tolerance: 10%', 'tolerance: 1%'], ['horizon: 2h', 'horizon: 40m']);
  rehearse('canary-undecided', 2, narrow, noisy);
  rehearse('canary-split', 2, planWith(folder, 'split', ['canary_share: 10%', 'canary_share: 50%']), noisy);
  rehearse('canary-silent', 2, planWith(folder, 'silent', ['targetgroup/canary/2', 'targetgroup/canary/9'], ['traffic: {', '# {']), noisy);

  const tests = example('tests', 'sluice.yaml');
  rehearse('tests-pass', 0, tests, example('tests', 'healthy.yaml'));
  rehearse('tests-fail', 1, tests, example('tests', 'lost-order.yaml'));

  for (const [name, from, file] of [['bake', fired, 'prod-one-box-bake.json'], ['canary', slower, 'prod-canary-canary.json']]) {
    const evidence = JSON.parse(readFileSync(join(from, file), 'utf8'));
    evidence.remarks = Array.from({ length: 60 }, (_, index) => `remark ${index + 1} of \`many\`.`);
    const changed = join(folder, `many-${name}.json`);
    writeFileSync(changed, JSON.stringify(evidence));
    mkdirSync(join(folder, 'many'), { recursive: true });
    const page = join(folder, 'many', `${name}.html`);
    run(1, 'replay', changed, '--html', page);
    found.set(`many remarks: ${name}`, readFileSync(page, 'utf8'));
  }
  const page = join(folder, 'files.html');
  run(1, 'judge', example('judge', 'baseline.csv'), example('judge', 'canary.csv'), '--html', page);
  found.set('two files', readFileSync(page, 'utf8'));
  return found;
}
