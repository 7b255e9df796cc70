import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lfnOfSource, routeFor } from '../../dist/settings/route.js';

const to = (match: string) => ({ match, source: `srm://h/${match}`, destination: `gsiftp://h/${match}` });

const CASES: readonly [pattern: string, name: string, fits: boolean][] = [
  ['*USER*', 'LHCb_USER_2018.list', true],
  ['*USER*', 'USER', true],
  ['*USER*', 'lhcb_user.list', false],
  ['*', '', true],
  ['*', 'anything at all', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['?', '', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['*.list', 'x.list.bak', false],
  ['[ab].(x|y)+', '[ab].(x|y)+', true],
  ['[ab]', 'a', false],
  ['x.list', 'xxlist', false],
  ['', '', true],
  ['', 'x', false],
];
for (const [pattern, name, fits] of CASES) {
  test(`"${pattern}" ${fits ? 'fits' : 'does not fit'} "${name}"`, () => {
    assert.equal(routeFor(name, [to(pattern)]) !== undefined, fits);
  });
}

test('the first route that fits decides', () => {
  const routes = [to('*USER*'), to('*BUFFER*'), to('*')];
  assert.equal(routeFor('BUFFER_USER', routes), routes[0]);
  assert.equal(routeFor('BUFFER', routes), routes[1]);
  assert.equal(routeFor('prod', routes), routes[2]);
  assert.equal(routeFor('prod', routes.slice(0, 2)), undefined);
});

test('a pattern of many stars ends soon on a name that does not fit', () => {
  assert.equal(routeFor('a'.repeat(200), [to(`${'*a'.repeat(80)}b`)]), undefined);
});

test('the LFN of a source is what stands behind the longest prefix of a route', () => {
  const route = (source: string) => ({ match: '*', source, destination: '' });
  const routes = [route('srm://s/prod'), route('srm://s/prod/lhcb/buffer')];
  assert.equal(lfnOfSource('srm://s/prod/lhcb/a.dst', routes), '/lhcb/a.dst');
  assert.equal(lfnOfSource('srm://s/prod/lhcb/buffer/lhcb/a.dst', routes), '/lhcb/a.dst');
  assert.equal(lfnOfSource('srm://s/production/a.dst', routes), 'srm://s/production/a.dst');
});
