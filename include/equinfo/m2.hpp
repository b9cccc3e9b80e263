// SPDX-License-Identifier: MIT
// M2: a small language model over tokens, which shows whether a tokenization can be learnt. Needs Eigen, as the trainer does.
#pragma once

#include <equinfo/m2/checkpoint.hpp>
#include <equinfo/m2/tasks.hpp>
#include <equinfo/m2/trainer.hpp>
#include <equinfo/m2/unigram.hpp>
