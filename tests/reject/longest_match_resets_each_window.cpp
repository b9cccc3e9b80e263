// SPDX-License-Identifier: MIT
// A longest-match encoder whose model goes on over the borders of windows.

#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/window_encoder.hpp>

#ifdef EQUINFO_MUST_NOT_COMPILE
using ending = equinfo::longest_match;
#else
using ending = equinfo::self_ending;
#endif

void test() { equinfo::window_encoder<equinfo::uniform_model, ending, equinfo::keep_model> encoder(equinfo::uniform_model{}); }
