/**
 * report: the charts and the search of a campaign's page. It runs in a browser, behind uPlot, and asks nobody.
 *
 * The page's numbers stand in it as JSON: one row an hour. Charts show hours, or days where the range is long; all
 * times are UTC, as everywhere else in the campaign.
 */
'use strict';
(() => {
  const HOUR = 3600;
  const DAY = 24 * HOUR;
  const RANGES = [
    { name: '2 days', seconds: 2 * DAY },
    { name: '2 weeks', seconds: 14 * DAY },
    { name: 'all', seconds: Infinity },
  ];
  /** More bars than these are drawn as days. */
  const MOST_HOURS = 14 * 24;

  const { now, outcomes, hours } = JSON.parse(document.getElementById('data').textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
  const whole = (value) => (value === null || value === undefined ? '–' : value.toLocaleString('en'));

  function bytes(value) {
    if (value === null || value === undefined) return '–';
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
    return `${+(value / 1000 ** power).toFixed(1)} ${units[power]}`;
  }

  const at = (time) => new Date(time * 1000).toISOString();
  const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

  /** Midnight and days by their date, other hours by their time. */
  const moments = (_, ticks) =>
    ticks.map((time) => (time % DAY === 0 ? date.format(time * 1000) : at(time).slice(11, 16)));

  /** The hours of a range in buckets without gaps; each bucket has the sums of its rows, column by column. */
  function bucketsOf(range) {
    const first = Math.min(hours.length > 0 ? hours[0][0] : now, now - DAY + HOUR);
    const from = Math.max(first, now - range);
    const step = now - from > MOST_HOURS * HOUR ? DAY : HOUR;
    const start = Math.floor(from / step) * step;
    const times = [];
    for (let time = start; time <= now; time += step) times.push(time);
    const columns = Array.from({ length: outcomes.length + 1 }, () => times.map(() => 0));
    let before = 0;
    for (const [time, ...values] of hours) {
      const bucket = Math.floor((time - start) / step);
      if (bucket < 0) before += values[1];
      else if (bucket < times.length) values.forEach((value, column) => (columns[column][bucket] += value));
    }
    let sum = before;
    const arrived = columns[1].map((value) => (sum += value));
    return { times, step, bytes: columns[0], byOutcome: columns.slice(1), arrived };
  }

  /** Bars from the start of a bucket to its end; the first series is drawn below the others. */
  const bars = () => uPlot.paths.bars({ align: 1, size: [0.85, 40], gap: 0 });

  /** Series on top of each other: each is drawn as the sum of itself and those after it, so the largest come first. */
  function stacked(series) {
    let above = series[0].values.map(() => 0);
    const sums = series.toReversed().map(({ values }) => (above = above.map((sum, index) => sum + values[index])));
    return sums.toReversed();
  }

  function chartsOf(range) {
    const { times, step, bytes: sizes, byOutcome, arrived } = bucketsOf(range);
    const per = step === HOUR ? 'per hour' : 'per day';
    const failures = outcomes.slice(1).map((name, index) => ({ name, values: byOutcome[index + 1] }));
    const one = (name, values, more = {}) => [{ name, values, colour: 'finished', ...more }];
    return [
      { title: 'Arrived', times, step, series: one('transfers', arrived, { line: true }), format: whole, unit: short },
      { title: `Transfers ${per}`, times, step, series: one('finished', byOutcome[0]), format: whole, unit: short },
      { title: `Bytes ${per}`, times, step, series: one('bytes', sizes), format: bytes, unit: { format: bytes } },
      { title: `Failures ${per}, by class`, times, step, series: failures, format: whole, unit: short },
    ];
  }

  function draw(grid, { title, times, step, series, format, unit }) {
    const box = document.createElement('article');
    const heading = document.createElement('h3');
    heading.textContent = title;
    box.append(heading);
    grid.append(box);
    if (series.every(({ values }) => values.every((value) => value === 0))) {
      const none = document.createElement('p');
      none.textContent = 'nothing in this time';
      box.append(none);
      return null;
    }
    const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } };
    const options = {
      width: box.clientWidth - 32,
      height: 200,
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC'),
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { range: [times[0], times[times.length - 1] + step] },
        y: { range: (_, least, most) => [0, Math.max(1, most * 1.08)] },
      },
      axes: [
        { ...axis, values: moments },
        { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => unit.format(tick)) },
      ],
      series: [
        {
          label: 'UTC',
          value: (_, time) => (time === null ? '–' : at(time).slice(0, 16).replace('T', ' ')),
        },
        ...series.map(({ name, values, line, colour: own = name }) => ({
          label: name,
          stroke: colour(own),
          fill: line ? undefined : colour(own),
          width: line ? 2 : 0,
          paths: line ? undefined : bars(),
          points: { show: false },
          // What is drawn may be a sum; what is said is the series' own.
          value: (_, __, ___, index) => format(index === null ? null : values[index]),
        })),
      ],
    };
    return { plot: new uPlot(options, [times, ...stacked(series)], box), box };
  }

  function showCharts(section) {
    const [ranges, grid] = section.children;
    let plots = [];
    const show = (range) => {
      plots.forEach(({ plot }) => plot.destroy());
      grid.replaceChildren();
      plots = chartsOf(range.seconds).flatMap((chart) => draw(grid, chart) ?? []);
      for (const button of ranges.children)
        button.setAttribute('aria-pressed', String(button.textContent === range.name));
    };
    let chosen = RANGES[1];
    for (const range of RANGES) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = range.name;
      button.addEventListener('click', () => show((chosen = range)));
      ranges.append(button);
    }
    section.hidden = false;
    show(chosen);
    const fit = () => plots.forEach(({ plot, box }) => plot.setSize({ width: box.clientWidth - 32, height: 200 }));
    addEventListener('resize', fit);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show(chosen));
  }

  function search(form) {
    const [input, select, output] = form.elements;
    const items = Array.from(document.querySelectorAll('ul.bad > li'), (item) => ({
      item,
      text: item.textContent.toLowerCase(),
    }));
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const { item, text } of items) {
        const fits = words.every((word) => text.includes(word));
        item.hidden = !fits || (select.value !== '' && item.dataset.class !== select.value);
        if (!item.hidden) shown += 1;
      }
      output.textContent = `${whole(shown)} of ${whole(items.length)}`;
    };
    form.addEventListener('submit', (event) => event.preventDefault());
    input.addEventListener('input', apply);
    select.addEventListener('input', apply);
    form.hidden = false;
    apply();
  }

  if (hours.length > 0) showCharts(document.getElementById('charts'));
  const form = document.querySelector('form.search');
  if (form !== null) search(form);
})();
