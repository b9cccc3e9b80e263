// SPDX-License-Identifier: MIT
// Compiler settings. No other header defines a macro.
#pragma once

#include <cassert>

#if !defined(__GNUC__)
#error "equinfo is built and tested with g++ 12 and clang 14, and newer versions of both."
#endif

/// A precondition. Checked where assert() is; breaking it elsewhere is a fault of the caller.
#define EQUINFO_EXPECTS(condition) assert(condition)

/// Keeps rare paths (errors, carries) out of the loops that call them.
#define EQUINFO_NOINLINE [[gnu::noinline, gnu::cold]]

/// For the few functions whose inlining decides the speed of coding.
#define EQUINFO_FORCE_INLINE [[gnu::always_inline]] inline

/// Before a loop of at most 16 rounds over an array of registers: g++ leaves such an array in memory unless all loops over it are
/// gone early, as they are then from -O2 on.
#define EQUINFO_UNROLL _Pragma("GCC unroll 16")
