// Contrast by WCAG 2.2, computed from the page's style in both themes: 4.5 for
// text on what is behind it, 3 for what charts are made of.

const TEXT = 4.5;
const GRAPHICS = 3;

function luminance(colour) {
  const [, digits] = /^#([0-9a-f]{6})$/i.exec(colour) ?? [];
  if (!digits) throw new Error(`${colour} is no colour of six digits`);
  const [red, green, blue] = [0, 2, 4]
    .map((at) => parseInt(digits.slice(at, at + 2), 16) / 255)
    .map((own) => (own <= 0.04045 ? own / 12.92 : ((own + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, two) {
  const [high, low] = [luminance(one), luminance(two)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

// The rules for all themes, and the colours of each.
function read(document) {
  const [sheet] = document.styleSheets;
  const rules = [...sheet.cssRules];
  const isDark = (own) => own.media?.mediaText.includes('dark');
  const colours = (own) => Object.fromEntries(
    [...own.cssText.matchAll(/(--[\w-]+):\s*([^;}]+)/g)].map(([, name, value]) => [name, value.trim()]),
  );
  const light = colours(rules.find((own) => own.selectorText === ':root'));
  const dark = { ...light, ...colours(rules.find(isDark)) };
  return { styles: rules.filter((own) => own.selectorText && own.selectorText !== ':root'), themes: { light, dark } };
}

function specificity(selector) {
  const count = (pattern) => (selector.match(pattern) ?? []).length;
  return count(/#/g) * 10000 + count(/[.:[]/g) * 100 + count(/(^|[\s>+~])[a-z]/gi);
}

// What the style says of an element, the most telling rule last.
function declared(styles, element, name) {
  let found = [-1, undefined];
  for (const rule of styles) {
    const value = rule.style.getPropertyValue(name);
    if (!value) continue;
    for (const selector of rule.selectorText.split(',').map((own) => own.trim())) {
      if (selector.includes('::') || selector.includes(':focus') || !element.matches(selector)) continue;
      if (specificity(selector) >= found[0]) found = [specificity(selector), value];
    }
  }
  return found[1];
}

function colourOf(text, theme) {
  const [, name] = /var\((--[\w-]+)\)/.exec(text) ?? [];
  return name ? theme[name] : /#[0-9a-f]{6}/i.exec(text)?.[0];
}

// The colour of an element or of what it inherits from. A background shows
// through what has none.
function inherited(styles, element, names, theme) {
  for (let own = element; own; own = own.parentElement) {
    for (const name of names) {
      const value = declared(styles, own, name);
      const colour = value && value !== 'none' && value !== 'inherit' && colourOf(value, theme);
      if (colour) return colour;
    }
  }
  return undefined;
}

// What texts in charts may lie upon: the page, and shapes with words in them.
// The words have a rim of a colour of their own where a shape is patterned.
function behind(styles, element, theme) {
  const rim = declared(styles, element, 'stroke');
  if (rim) return colourOf(rim, theme);
  const state = ['ok', 'alarm', 'nodata'].find((own) => element.classList.contains(own));
  return state ? theme[`--${state}`] : theme['--page'];
}

export function textBreaches(document) {
  const { styles, themes } = read(document);
  const breaches = new Set();
  for (const [name, theme] of Object.entries(themes)) {
    const walker = document.createTreeWalker(document.body, 4);
    while (walker.nextNode()) {
      const { parentElement: own, textContent } = walker.currentNode;
      if (!textContent.trim() || ['title', 'desc', 'style'].includes(own.localName)) continue;
      const inChart = own.closest('svg');
      const colour = inherited(styles, own, [inChart ? 'fill' : 'color'], theme);
      const ground = inChart ? behind(styles, own, theme) : inherited(styles, own, ['background', 'background-color'], theme);
      const found = contrast(colour, ground);
      if (found < TEXT) breaches.add(`${name}: ${colour} on ${ground} has ${found.toFixed(2)} (${own.outerHTML.slice(0, 80)})`);
    }
  }
  return [...breaches];
}

// What has to be seen in charts, and upon what.
const SHAPES = [
  ...['ink', 'soft', 'count', 'still', 'mark', 'baseline', 'canary', 'pass', 'fail', 'unsure', 'alarm', 'ok-ink', 'nodata-ink']
    .map((own) => [own, 'page']),
  ...['ink', 'soft', 'mark', 'baseline', 'canary'].map((own) => [own, 'window']),
  ['ink', 'ok'], ['canary', 'ok'], ['ok-ink', 'ok'], ['nodata-ink', 'nodata'],
  ['window-line', 'page'],
];

export function shapeBreaches(document) {
  const { themes } = read(document);
  const breaches = [];
  for (const [name, theme] of Object.entries(themes)) {
    for (const [shape, ground] of SHAPES) {
      const [colour, under] = [theme[`--${shape}`], theme[`--${ground}`]];
      const found = contrast(colour, under);
      if (found < GRAPHICS) breaches.push(`${name}: ${shape} ${colour} on ${ground} ${under} has ${found.toFixed(2)}`);
    }
  }
  return breaches;
}
