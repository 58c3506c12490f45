/**
 * The part of the `reflect-metadata` polyfill that tsyringe, inside @peculiar/x509, asks for at import time: metadata
 * written by decorators, kept per object. Import it before @peculiar/x509.
 */
const kept = new WeakMap<object, Map<unknown, unknown>>();

const reflection = {
  defineMetadata(key: unknown, value: unknown, target: object): void {
    const own = kept.get(target) ?? new Map<unknown, unknown>();
    kept.set(target, own.set(key, value));
  },
  getOwnMetadata: (key: unknown, target: object): unknown => kept.get(target)?.get(key),
  getMetadata(key: unknown, target: object): unknown {
    for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
      const own = kept.get(at);
      if (own?.has(key) === true) return own.get(key);
    }
    return undefined;
  },
};

if (!('getMetadata' in Reflect)) Object.assign(Reflect, reflection);
