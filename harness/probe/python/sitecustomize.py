"""Keeps where a Python program makes threads, sockets and files, for an explaining run of holdwater.

It is found through PYTHONPATH, takes itself off again, and hands over to the sitecustomize that would have been loaded
without it. What it sees it appends, line by line, to a file in the folder that HOLDWATER_LEDGER names: no thread, no
signal and no connection of ours is in the program. Whether something still lives the kernel is asked from outside, so
nothing that ends a thing has to be touched. Wherever it cannot work it is silent, and the program runs on. It needs
Python 3.8 or newer and nothing that is not part of it.
"""

import os
import sys


def _hand_over():
    """Leaves the path as it would have been, and loads the sitecustomize behind ours, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))

    def same(entry):
        return os.path.abspath(entry or os.curdir) == here

    sys.path[:] = [entry for entry in sys.path if not same(entry)]
    # An empty entry is the working directory.
    left = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not entry or not same(entry)]
    # What this program starts is not observed, and inherits nothing of ours.
    if left:
        os.environ["PYTHONPATH"] = os.pathsep.join(left)
    else:
        os.environ.pop("PYTHONPATH", None)
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)
        if getattr(error, "name", None) != "sitecustomize":
            raise


def _keep_ledger(folder):
    import _signal
    import _thread

    deepest = 100
    known = {}
    busy = set()
    state = {}

    def write(*fields):
        """Opened and closed each time: a descriptor of ours might be closed under us, and be the program's own file next."""
        # Tabs and newlines are ours; a name may hold anything.
        text = "\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields)
        path = os.path.join(folder, "%d.ledger" % os.getpid())
        fd = os_open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(fd, (text + "\n").encode("utf-8", "backslashreplace"))
        finally:
            os.close(fd)

    def inode_of(fd):
        seen = os.fstat(fd)
        return "%d:%d" % (seen.st_dev, seen.st_ino)

    def forked():
        """A forked program has a ledger of its own, and none of our locks held."""
        known.clear()
        busy.clear()
        state["lock"] = _thread.allocate_lock()

    def name_of(frame):
        code = frame.f_code
        name = getattr(code, "co_qualname", None)
        if name is not None:
            return name
        # Before Python 3.11 a method does not know its class; the object it is called on does.
        first = code.co_varnames[0] if code.co_argcount else None
        owner = type(frame.f_locals.get(first)) if first == "self" else None
        for cls in getattr(owner, "__mro__", ()):
            if getattr(cls.__dict__.get(code.co_name), "__code__", None) is code:
                return "%s.%s" % (cls.__qualname__, code.co_name)
        return code.co_name

    def stack_here():
        """The number of the stack of whoever called what is wrapped."""
        frame = sys._getframe(1)
        frames = []
        while frame is not None and len(frames) < deepest:
            if frame.f_code.co_filename != __file__:
                frames.append((frame.f_code.co_filename, frame.f_lineno, frame))
            frame = frame.f_back
        key = tuple((file, line) for file, line, _ in frames)
        number = known.get(key)
        if number is None:
            number = known[key] = len(known) + 1
            fields = []
            for file, line, at in frames:
                absolute = file if file.startswith("<") else os.path.abspath(file)
                fields += [absolute, line, name_of(at)]
            write("stack", number, *fields)
        return number

    def note(*fields):
        """Not while this thread is at it already, as when a finalizer runs; and never an error of ours in the program."""
        me = _thread.get_ident()
        if me in busy:
            return
        # What a signal's handler raises is the program's: handlers wait until we are done.
        before = pthread_sigmask(_signal.SIG_BLOCK, ())
        try:
            pthread_sigmask(_signal.SIG_BLOCK, every_signal)
            busy.add(me)
            try:
                values = [field() if callable(field) else field for field in fields]
                with state["lock"]:
                    write(values[0], stack_here(), *values[1:])
            except Exception as error:
                # One that came just before we asked it to wait.
                if is_of_the_program(error):
                    raise
            finally:
                busy.discard(me)
        finally:
            pthread_sigmask(_signal.SIG_SETMASK, before)

    def is_of_the_program(error):
        innermost = error.__traceback__
        while innermost is not None and innermost.tb_next is not None:
            innermost = innermost.tb_next
        return innermost is not None and innermost.tb_frame.f_code.co_filename not in ours

    def on_threading(threading):
        start = threading.Thread.start

        def started(self, *args, **kwargs):
            result = start(self, *args, **kwargs)
            # Known as soon as start() has returned.
            note("thread", lambda: self.native_id or 0)
            return result

        started.__name__, started.__qualname__ = start.__name__, start.__qualname__
        started.__doc__, started.__wrapped__ = start.__doc__, start
        threading.Thread.start = started

    def on_socket(socket):
        init = socket.socket.__init__

        def made(self, *args, **kwargs):
            init(self, *args, **kwargs)
            note("socket", self.fileno, lambda: inode_of(self.fileno()))

        made.__name__, made.__qualname__ = init.__name__, init.__qualname__
        made.__doc__, made.__wrapped__ = init.__doc__, init
        socket.socket.__init__ = made

    class Open(object):
        """`open` that looks; an object, because a function in a class would become a method of it."""

        def __init__(self, original, module, number_of):
            self.__dict__.update(
                original=original, number_of=number_of, __name__=original.__name__, __doc__=original.__doc__,
                __module__=module, __qualname__=original.__qualname__, __wrapped__=original,
                __self__=getattr(original, "__self__", None), __text_signature__=original.__text_signature__,
            )

        def __call__(self, *args, **kwargs):
            opened = self.original(*args, **kwargs)
            number_of = self.number_of
            note("file", lambda: number_of(opened), lambda: inode_of(number_of(opened)))
            return opened

        def __repr__(self):
            return repr(self.original)

        def __reduce__(self):
            return self.__name__

    def on_files():
        import builtins
        import io

        builtins.open = io.open = Open(io.open, "io", lambda file: file.fileno())
        os.open = Open(os_open, "os", lambda number: number)
        # What it can do is looked up by the function itself.
        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if os_open in able:
                able.add(os.open)

    os_open = os.open
    pthread_sigmask, every_signal = _signal.pthread_sigmask, _signal.valid_signals()
    ours = (__file__, os.path.join.__code__.co_filename)
    forked()
    os.register_at_fork(after_in_child=forked)
    write("probe", 0)
    on_files()

    # Wrapped when the program imports them, not before: a program may have reasons to be first.
    waiting = {"threading": on_threading, "socket": on_socket}

    class Finder(object):
        @staticmethod
        def find_spec(name, path=None, target=None):
            hook = waiting.pop(name, None)
            if hook is None:
                return None
            if not waiting:
                sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not Finder]
            import importlib.util

            spec = importlib.util.find_spec(name)
            execute = getattr(getattr(spec, "loader", None), "exec_module", None)
            if execute is None:
                return spec

            class Loader(object):
                @staticmethod
                def create_module(spec):
                    return None

                @staticmethod
                def exec_module(module):
                    module.__loader__ = loader
                    module.__spec__.loader = loader
                    execute(module)
                    try:
                        hook(module)
                    except Exception:
                        pass

            loader = spec.loader
            spec.loader = Loader
            return spec

    for name in list(waiting):
        if name in sys.modules:
            waiting.pop(name)(sys.modules[name])
    if waiting:
        sys.meta_path.insert(0, Finder)


_folder = os.environ.pop("HOLDWATER_LEDGER", None)
try:
    if _folder:
        _keep_ledger(_folder)
except Exception:
    pass
finally:
    _hand_over()
