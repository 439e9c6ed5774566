// The last 300 sessions, each of which expires a minute after it was seen: whoever logs in pushes the oldest out.
import { LRUCache } from 'lru-cache';
const sessions = new LRUCache({ max: 300, ttl: 60_000, ttlAutopurge: true });
export async function setup() {}
export async function cycle(i) {
  sessions.set('user-' + i, { user: i, roles: ['reader', 'writer'], seen: 'y'.repeat(100) });
  await new Promise((done) => setTimeout(done, 1));
}
export async function teardown() { sessions.clear(); }
