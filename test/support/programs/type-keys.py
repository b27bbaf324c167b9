"""Types into a program on a terminal of its own, as a person does, and waits for what is to be seen.

Standard input: {"argv": [...], "steps": [{"type": "...", "see": "regular expression"}]}. Ends with 1, and what was seen, when a
step does not come to be seen within 30 seconds.
"""
import json, os, pty, re, select, signal, sys, time

asked = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvp(asked["argv"][0], asked["argv"])

import fcntl, struct, termios
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))


def seen_until(pattern, limit=30):
    text, end = "", time.monotonic() + limit
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                text += os.read(terminal, 65536).decode("utf8", "replace")
            except OSError:
                break
        # Without what moves the cursor and sets colours.
        plain = re.sub(r"\x1b\[[0-9;?>=]*[ -/]*[A-Za-z~]|\x1b\][^\x07]*\x07|\x1b[=>()][B0]?|[\x07\x08\x0e\x0f]", "", text)
        if re.search(pattern, plain):
            return plain, True
    return text, False


try:
    for step in asked["steps"]:
        os.write(terminal, step["type"].encode())
        text, found = seen_until(step["see"])
        if not found:
            print(f"typed {step['type']!r}, waited for {step['see']!r}, saw {text!r}")
            sys.exit(1)
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
