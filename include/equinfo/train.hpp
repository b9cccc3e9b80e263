// SPDX-License-Identifier: MIT
// The trainer: text into an integer transformer (m1.hpp). The only part that needs a library: Eigen.
#pragma once

#include <equinfo/train/checkpoint.hpp>
#include <equinfo/train/export.hpp>
#include <equinfo/train/import.hpp>
#include <equinfo/train/presets.hpp>
#include <equinfo/train/sampler.hpp>
#include <equinfo/train/trainer.hpp>
