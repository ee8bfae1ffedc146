import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("values come out as they went in, and are counted", () => {
  const step = fc.constantFrom("push", "push", "shift", "peek", "drain");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      steps.forEach((step, i) => {
        if (step === "push") {
          fifo.push(i);
          model.push(i);
        } else if (step === "shift") expect(fifo.shift()).toBe(model.shift());
        else if (step === "peek") expect(fifo.peek()).toBe(model[0]);
        else expect(fifo.drain()).toEqual(model.splice(0));
        expect(fifo.size).toBe(model.length);
      });
    }),
  );
});
