// SPDX-License-Identifier: MIT
// The umbrella header alone, behind system headers whose macros have short names (major, minor, MIN, I, ECHO).

#include <complex.h>
#include <sys/param.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include <equinfo/equinfo.hpp>
