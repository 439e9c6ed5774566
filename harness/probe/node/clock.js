// The timers of the probe, as they were before the scenario was loaded: a target may put its own in their place, as
// libraries for fake clocks do, and time would stand still for us, too.
export const { clearTimeout, setImmediate, setTimeout } = globalThis
