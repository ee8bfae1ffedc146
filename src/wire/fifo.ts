/** First in, first out, each in constant time however many wait. */
export class Fifo<T> {
  #values: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#values.length - this.#first;
  }

  push(value: T): void {
    this.#values.push(value);
  }

  peek(): T | undefined {
    return this.#values[this.#first];
  }

  shift(): T | undefined {
    if (this.#first === this.#values.length) return undefined;
    const value = this.#values[this.#first];
    this.#values[this.#first++] = undefined;
    // Half of it is empty: moved together, which each value pays for once.
    if (this.#first * 2 >= this.#values.length) {
      this.#values = this.#values.slice(this.#first);
      this.#first = 0;
    }
    return value;
  }

  /** All that waits, which no longer does. */
  drain(): T[] {
    const left = this.#values.slice(this.#first) as T[];
    this.#values = [];
    this.#first = 0;
    return left;
  }
}
