import { Slots } from '../src/slots.ts';

/** Slots that count how often something is read of them: what takes time, without a clock. */
export class CountedSlots extends Slots {
  touched = 0;

  override int(slot: number, field: number): number {
    this.touched++;
    return super.int(slot, field);
  }

  override number(slot: number, field: number): number {
    this.touched++;
    return super.number(slot, field);
  }
}
