/**
 * person: what somebody with `mv`, `cp` and an editor does to the lists of a random campaign.
 *
 * A person does not meddle with what a killed run has left half moved (the programs would set it aside and ask for
 * help), copies a list only between TODO and DOING, and leaves a list alone that stands in both until the end.
 */
import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { pending, readBooks } from '../crash/books.js';
import { lists, SOURCE, transferLine, type Scene } from '../crash/scene.js';
import type { Model } from './model.js';
import type { ByHand } from './plan.js';

type Place = 'TODO' | 'DOING' | 'DONE/Bad';

export class Person {
  private readonly scene: Scene;
  private readonly model: Pick<Model, 'added'>;
  private added = 0;

  constructor(scene: Scene, model: Pick<Model, 'added'>) {
    this.scene = scene;
    this.model = model;
  }

  does(what: ByHand, pick: number): void {
    if (pending(readBooks(this.scene.base)).length > 0) return;
    switch (what) {
      case 'mv to DOING':
        return this.to(pick, 'TODO', (name) => renameSync(this.path('TODO', name), this.path('DOING', name)));
      case 'mv to TODO':
        return this.to(pick, 'DOING', (name) => renameSync(this.path('DOING', name), this.path('TODO', name)));
      case 'cp to the other':
        return this.to(pick, 'TODO', (name) => copyFileSync(this.path('TODO', name), this.path('DOING', name)));
      case 'send back':
        return this.to(pick, 'DONE/Bad', (name) => this.sendBack(name));
      case 'add a line':
        return this.edit(pick, () => this.newTransfer());
      case 'add a comment':
        return this.edit(pick, () => '# looked at this one');
      case 'scribble':
        return this.edit(pick, () => 'what?');
    }
  }

  /** At the end somebody removes the copies that the programs have named: of two equal lists either may go. */
  removesCopies(): void {
    for (const name of this.inBoth()) rmSync(this.path('TODO', name));
  }

  inBoth(): string[] {
    const doing = lists(this.scene, 'DOING');
    return lists(this.scene, 'TODO').filter((name) => doing.includes(name));
  }

  private to(pick: number, place: Place, act: (name: string) => void): void {
    const both = this.inBoth();
    const names = lists(this.scene, place).filter((name) => !both.includes(name));
    const name = names[pick % names.length];
    if (name !== undefined) act(name);
  }

  /** Its comments name what is no transfer: those stay. */
  private sendBack(name: string): void {
    const known = ['TODO', 'DOING'].some((place) => lists(this.scene, place).includes(name));
    if (known || readFileSync(this.path('DONE/Bad', name), 'utf8').includes('# bad L')) return;
    renameSync(this.path('DONE/Bad', name), this.path('TODO', name));
  }

  private edit(pick: number, line: () => string): void {
    const place = pick % 2 === 0 ? 'TODO' : 'DOING';
    this.to(pick, place, (name) => appendFileSync(this.path(place, name), `${line()}\n`));
  }

  private newTransfer(): string {
    this.added += 1;
    const lfn = `/lhcb/by-hand-${this.added}/okay`;
    this.model.added(lfn);
    this.scene.byHand.push(`${SOURCE}${lfn}`);
    return transferLine(lfn);
  }

  private path(place: Place, name: string): string {
    return join(this.scene.base, place, name);
  }
}
