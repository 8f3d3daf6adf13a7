"""What the site takes of a machine: packages, disk, memory, and the time until its first page.

`make bench BENCH=install` clones what is committed into an empty folder, installs and starts it there as its README
says, starts it again, and installs the drivers besides. Packages come from where pip is told to get them. Needs Linux.
"""
