// SPDX-License-Identifier: MIT
// The integer transformer: a byte model that gives the same bits on every machine (docs/m1.md).
// Kernels are chosen when a program runs. Compile all units of one program for the oldest processor it is to run on: units share
// their inline functions, and the linker may take those of a unit that was compiled for a newer one.
#pragma once

#include <equinfo/m1/engine.hpp>
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/lane.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/m1/weights.hpp>
