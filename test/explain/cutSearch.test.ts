/**
 * cutSearch: the lists of a cut are found by looking into a few of many, and nothing wrong is found in disorder.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { CutSearch } from '../../dist/explain/cutSearch.js';
import { Spool } from '../../dist/spool/spool.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

class CountingSpool extends Spool {
  reads = 0;
  override read(...where: Parameters<Spool['read']>): ReturnType<Spool['read']> {
    this.reads += 1;
    return super.read(...where);
  }
}

const [A, B] = ['TODO/ListOfLFNs/a.list', 'TODO/ListOfLFNs/b.list'];
/** Each cut takes a hundred bytes of its LFN list. */
const CUTS = [
  ...Array.from({ length: 300 }, (_, n) => ({ lfnList: A, n })),
  ...Array.from({ length: 200 }, (_, n) => ({ lfnList: B, n })),
];
const nameOf = (cut: number): string => `FTSList-20180412-100000-${String(cut + 1).padStart(4, '0')}.txt`;
const NO_COMMENT = 'srm://s/lhcb/x  gsiftp://d/lhcb/x\n';

/** The oldest lists are settled, of each third one a part is in TODO again, and the newest wait. */
function spool(): CountingSpool {
  const base = temporaryDirectory();
  for (const place of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    mkdirSync(join(base, place), { recursive: true });
  CUTS.forEach(({ lfnList, n }, cut) => {
    const from = `# castor2echo 1 c\n# from ${lfnList} bytes ${n * 100}-${n * 100 + 99}\n${NO_COMMENT}`;
    const isOld = cut < 400;
    writeFileSync(join(base, isOld ? 'DONE/Okay' : 'TODO', nameOf(cut)), from);
    if (isOld && cut % 3 === 0) {
      writeFileSync(join(base, 'DONE/Dirty', nameOf(cut)), from);
      writeFileSync(join(base, 'TODO', `D${nameOf(cut)}`), from);
    }
  });
  writeFileSync(join(base, 'TODO', 'mine.txt'), NO_COMMENT);
  return new CountingSpool(base);
}

test('every cut is found, wherever its lists stand, with some ten looks among five hundred', () => {
  const counting = spool();
  const search = new CutSearch(counting);
  CUTS.forEach(({ lfnList, n }, cut) => {
    counting.reads = 0;
    for (const byte of [n * 100, n * 100 + 99]) {
      const lists = search.findCut(lfnList, byte).map(({ place, list }) => `${place}/${list}`);
      const name = nameOf(cut);
      const expected =
        cut >= 400
          ? [`TODO/${name}`]
          : [
              ...(cut % 3 === 0 ? [`TODO/D${name}`] : []),
              `DONE/Okay/${name}`,
              ...(cut % 3 === 0 ? [`DONE/Dirty/${name}`] : []),
            ];
      assert.deepEqual(lists.toSorted(), expected.toSorted());
    }
    assert.ok(counting.reads <= 2 * 9, `${counting.reads} looks`);
  });
});

test('what was not cut, and what lists without comments cannot tell, is not found', () => {
  const counting = spool();
  assert.deepEqual(new CutSearch(counting).findCut(A, 30_000), []);
  assert.deepEqual(new CutSearch(counting).findCut('TODO/ListOfLFNs/c.list', 0), []);
  const base = temporaryDirectory();
  for (const place of ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    mkdirSync(join(base, place), { recursive: true });
  writeFileSync(join(base, 'TODO', nameOf(1)), NO_COMMENT);
  assert.deepEqual(new CutSearch(new Spool(base)).findCut(A, 0), []);
});
