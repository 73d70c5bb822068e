"""Cases of the audio front end: spectra and cepstral coefficients."""

import numpy as np
from flatbuffers import flexbuffers

from ops_model import Model, Tensor


def spectrograms(make):
    for samples, channels, window, stride in ((400, 1, 256, 128), (1000, 2, 480, 160), (50, 1, 2, 1), (31, 3, 7, 9),
                                              (640, 1, 640, 320), (10, 1, 16, 4)):
        for squared in (False, True):
            n_fft = 1 << (window - 1).bit_length()
            windows = 0 if samples < window else 1 + (samples - window) // stride
            options = {"window_size": window, "stride": stride, "magnitude_squared": squared}
            yield Model("AudioSpectrogram", [Tensor("float32", [samples, channels], feed=make.floats([samples, channels], -1, 1))],
                        [Tensor("float32", [channels, windows, 1 + n_fft // 2])], bytes(flexbuffers.Dumps(options)),
                        label=f"{samples} x {channels} {options}")


def mfccs(make):
    for bins, rate, low, high, bands, coefficients in ((257, 16000, 20, 4000, 40, 13), (257, 16000, 20, 7600, 40, 40),
                                                       (129, 8000, 0, 4000, 20, 1), (65, 44100, 300, 3000, 8, 8),
                                                       (33, 8000, 20, 9000, 10, 5), (2, 8000, 20, 3000, 3, 2)):
        options = {"upper_frequency_limit": high, "lower_frequency_limit": low, "filterbank_channel_count": bands,
                   "dct_coefficient_count": coefficients}
        inputs = [Tensor("float32", [2, 5, bins], feed=make.floats([2, 5, bins], 0, 3) ** 8),
                  Tensor("int32", [1], feed=np.array([rate], np.int32))]
        yield Model("Mfcc", inputs, [Tensor("float32", [2, 5, coefficients])], bytes(flexbuffers.Dumps(options)),
                    label=f"{bins} bins, {rate} Hz {options}")


def rotations(make):
    for shape, size in (([3, 8], 8), ([2, 3, 16], 4), ([1, 256], 256), ([2, 3], 1)):
        yield Model("aeq.hadamard_rotation", [make.plain("float32", shape)], [Tensor("float32", shape)],
                    bytes(flexbuffers.Dumps({"hadamard_size": size, "random_binary_vector": [1] * size})), label=f"{shape} {size}")


FAMILIES = [spectrograms, mfccs, rotations]
