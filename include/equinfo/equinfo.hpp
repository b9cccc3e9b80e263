// SPDX-License-Identifier: MIT
// All that a program needs to code: bits, coders, models, windows, tokens, archives. Of their own, since they cost every
// source that includes them: <equinfo/english.hpp>, the embedded model; <equinfo/models/ngram_trainer.hpp>, training.
#pragma once

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
#include <equinfo/models/ngram_bit_coder.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_distribution.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_scale.hpp>
#include <equinfo/models/ngram_tables.hpp>
#include <equinfo/models/ngram_walk.hpp>
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
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <equinfo/tokens/byte_fields.hpp>
#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/corpus.hpp>
#include <equinfo/tokens/document_index.hpp>
#include <equinfo/tokens/header_slot.hpp>
#include <equinfo/tokens/llmc_file.hpp>
#include <equinfo/tokens/megatron_file.hpp>
#include <equinfo/tokens/npy_file.hpp>
#include <equinfo/tokens/npy_header.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/payload.hpp>
#include <equinfo/tokens/raw_file.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/token_file_info.hpp>
#include <equinfo/tokens/token_index.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/block.hpp>
#include <equinfo/archive/frame.hpp>
#include <equinfo/archive/frame_reader.hpp>
#include <equinfo/archive/message.hpp>
#include <equinfo/archive/parallel.hpp>
