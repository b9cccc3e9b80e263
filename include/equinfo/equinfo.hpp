// SPDX-License-Identifier: MIT
// What a program needs to code with a model of its own, and no file. See README.md, "Pieces", for the headers beside it.
#pragma once

// Included by name, since files, threads and tables cost every source that includes them:
//   <equinfo/english.hpp>                                     the embedded n-gram model of English
//   <equinfo/m1.hpp>, fast_english.hpp, base_english.hpp      the integer transformer, and two of English
//   <equinfo/train.hpp>                                       its trainer, for the target equinfo::train
//   <equinfo/models/ngram_file.hpp>, ngram_trainer.hpp        trained n-gram models
//   <equinfo/tokens/corpus.hpp>, token_file.hpp               token files
//   <equinfo/archive/archive_writer.hpp>, archive_reader.hpp  archives

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/version.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/bits/fingerprint.hpp>

#include <equinfo/coding/concepts.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/interleaved.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/coding/symbol_search.hpp>

#include <equinfo/models/adaptive_bits.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/bit_history.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/context_model.hpp>
#include <equinfo/models/context_slots.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/models/logistic.hpp>
#include <equinfo/models/match_context.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/quantise.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/shares.hpp>
#include <equinfo/windows/statistics.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_descent.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>
#include <equinfo/windows/window_match.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <equinfo/archive/message.hpp>
