/**
 * statusPage: a page of 80 columns, whatever the names and numbers are.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import { etaOf, statusPage, type StatusReport } from '../../dist/core/statusPage.js';

const NOW = new Date('2018-04-12T10:00:00Z');
const transfers = { toCut: 0, todo: 0, doing: 0, okay: 0, bad: 0 };

describe('etaOf', () => {
  const CASES: [string, Partial<StatusReport['transfers']>, number, string | null][] = [
    [
      'what is to be cut, waits or is under way, at the pace',
      { toCut: 300, todo: 100, doing: 80 },
      240,
      '2018-04-14T10:00:00Z',
    ],
    ['nothing is left', { okay: 7, bad: 1 }, 240, null],
    ['nothing was cut lately', { toCut: 10 }, 0, null],
    ['beyond the calendar', { toCut: 1e15 }, 1, null],
  ];
  for (const [name, some, perDay, expected] of CASES)
    test(name, () => assert.equal(etaOf({ ...transfers, ...some }, perDay, NOW), expected));
});

test('no line is wider than 80 columns or holds a control character', () => {
  const text = fc.string({ unit: 'binary', maxLength: 120 });
  const count = fc.nat({ max: 99_999_999 });
  const server = fc.record({
    name: text,
    endpoint: text,
    reachable: fc.boolean(),
    openJobs: count,
    delegationSecondsLeft: fc.option(count),
  });
  const failure = fc.record({ class: text, meaning: text, count });
  const anything = fc.record({
    transfers: fc.record({ toCut: count, todo: count, doing: count, okay: count, bad: count }),
    lists: fc.record({ todo: count, doing: count, okay: count, bad: count }),
    servers: fc.array(server, { maxLength: 3 }),
    failures: fc.array(failure, { maxLength: 12 }),
    eta: fc.constantFrom(null, '2018-04-14T10:00:00Z'),
  });
  fc.assert(
    fc.property(anything, text, fc.nat(1000), (report, base, perDay) => {
      const whyNot = new Map(report.servers.map(({ endpoint }) => [endpoint, base]));
      const page = statusPage(report, { base, perDay, states: [{ state: base, lists: 1 }], whyNot });
      for (const line of page.split('\n')) {
        assert.ok(line.length <= 80, line);
        assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
      }
    }),
  );
});

test('the page of a campaign under way', () => {
  const page = statusPage(
    {
      transfers: { toCut: 1600, todo: 400, doing: 100, okay: 3000, bad: 12 },
      lists: { todo: 20, doing: 5, okay: 150, bad: 4 },
      servers: [
        { name: 'RAL', endpoint: 'https://ral:8446', reachable: true, openJobs: 3, delegationSecondsLeft: 183_900 },
        { name: 'CERN', endpoint: 'https://cern:8446', reachable: false, openJobs: 1, delegationSecondsLeft: null },
      ],
      failures: [{ class: 'permanent', meaning: 'the source file is missing', count: 12 }],
      eta: '2018-04-21T04:00:00Z',
    },
    {
      base: '/data/campaign',
      perDay: 240,
      states: [
        { state: 'ACTIVE', lists: 3 },
        { state: null, lists: 2 },
      ],
      whyNot: new Map([['https://cern:8446', 'Cannot log in: the connection was refused']]),
    },
  );
  assert.equal(
    page,
    [
      'campaign in /data/campaign',
      '                transfers      lists',
      '  to cut            1,600',
      '  TODO                400         20',
      '  DOING               100          5   3 ACTIVE, 2 not looked at',
      '  DONE/Okay         3,000        150',
      '  DONE/Bad             12          4',
      '  [#############################.....................] 58 % of 5,112',
      '  about 1,600 LFNs remain: 7 days at the present pace (240 a day)',
      '  all is done by 2018-04-21 at this pace',
      'servers',
      '  RAL      https://ral:8446',
      '           answers, 3 open jobs, delegated for 2 d 3 h',
      '  CERN     https://cern:8446',
      '           not usable, 1 open job',
      '             Cannot log in: the connection was refused',
      'failures so far',
      '         12  permanent  the source file is missing',
    ].join('\n'),
  );
});
