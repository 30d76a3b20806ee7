"""Runs a command on a terminal of so many columns and prints its lines: terminal.py COLUMNS COMMAND..."""
import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(command[0], command)
text = b""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        break
    if not part:
        break
    text += part
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
lines = text.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
print("\n".join(lines))
sys.exit(status or max(map(len, lines)) > columns)
