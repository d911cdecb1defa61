"""Writes down what a Python process and the Pythons below it do to files and the network.

Python imports a module of this name at its start, where one stands on the PYTHONPATH. A line of the
file named by AUDIT_LOG is a JSON list: what was done, and to what.
"""

import json
import os
import sys

log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
noted = set()
WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
# Which of the event's arguments are the paths that it changes.
CHANGED = {
    "os.chmod": [0],
    "os.link": [1],
    "os.mkdir": [0],
    "os.remove": [0],
    "os.rename": [0, 1],  # os.replace too
    "os.rmdir": [0],
    "os.symlink": [1],
    "shutil.rmtree": [0],
}


def note(event, args):
    """Write one line, if the event is of a kind that the tests ask for."""
    subjects = []
    if event == "open" and args[2] & WRITING:
        subjects = [args[0]]
    elif event == "shutil.rmtree" or (event in CHANGED and args[-1] == -1):
        # Others are relative to an open folder: rmtree at work, which has been noted.
        subjects = [args[i] for i in CHANGED[event]]
    # A number is a file that is open, and has been noted.
    subjects = [subject for subject in subjects if not isinstance(subject, int)]
    paths = [os.path.abspath(os.fsdecode(subject)) for subject in subjects]
    if event.startswith(("socket.connect", "socket.bind", "socket.send", "socket.getaddrinfo")):
        paths = [repr(args[-1])]
    elif event == "pickle.find_class":
        paths = [sys._getframe(1).f_code.co_filename]
    for path in paths:
        if (event, path) not in noted:
            noted.add((event, path))
            os.write(log, (json.dumps([event, path]) + "\n").encode())


sys.addaudithook(note)
