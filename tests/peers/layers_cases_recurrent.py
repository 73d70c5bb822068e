"""Models for check_layers.py whose cells are convolutions."""

from layers_cases import case


def settings(d, rank, **more):
    drawn = dict(kernel_size=d.int(1, 3), strides=d.one(1, 1, 2), padding=d.one("valid", "same"), use_bias=d.flag(),
                 activation=d.one("tanh", "relu"), recurrent_activation=d.one("sigmoid", "hard_sigmoid"),
                 return_sequences=d.flag(), go_backwards=d.flag(),
                 data_format=d.one("channels_last", "channels_last", "channels_first") if d.is3 else "channels_last")
    if drawn["strides"] == 1 and d.flag():
        drawn["dilation_rate"] = 2
    return {**drawn, **more}


def video(d, rank, form="channels_last"):
    space = [d.int(5, 7) for _ in range(rank)]
    return (d.int(1, 4), *([3] + space if form == "channels_first" else space + [3]))


def layer(d, rank, **more):
    drawn = settings(d, rank, **more)
    return drawn, (d.L.ConvLSTM1D if rank == 1 else d.L.ConvLSTM2D)(d.int(1, 4), **drawn)


@case
def conv_lstm(d):
    rank = d.one(1, 2, 2)
    drawn, made = layer(d, rank)
    return d.chain(video(d, rank, drawn["data_format"]), made)


@case
def conv_lstm_stacked(d):
    form = dict(data_format="channels_last", strides=1)
    return d.chain(video(d, 2), layer(d, 2, return_sequences=True, **form)[1], d.L.BatchNormalization(),
                   layer(d, 2, return_sequences=False, **form)[1], d.L.Conv2D(2, 1))


@case
def conv_lstm_long(d):
    return d.chain((66, 3, 2), d.L.ConvLSTM1D(1, 2, return_sequences=d.flag()))


conv_lstm_long.seeds = 2


@case
def conv_lstm_states(d):
    rank = d.int(1, 2)
    drawn, made = layer(d, rank, return_state=True)
    first = d.K.Input(video(d, rank, drawn["data_format"]))
    return d.K.Model(first, made(first))


@case
def conv_lstm_from_states(d):
    form = dict(data_format="channels_last", strides=1, padding="same", return_sequences=d.flag())
    first = d.K.Input((3, 5, 6, 2))
    states = [d.K.Input((5, 6, 3)) for _ in range(2)]
    made = d.L.ConvLSTM2D(3, **settings(d, 2, **form))
    return d.K.Model([first, *states], made(first, initial_state=states))


@case
def conv_lstm_masked(d):
    first, ids = d.K.Input((4, 5, 6, 2)), d.K.Input((4,), dtype="int32")
    form = dict(data_format="channels_last", return_sequences=True)
    made = d.L.ConvLSTM2D(3, **settings(d, 2, **form))
    return d.K.Model([first, ids], made(first, mask=ids > 3))


@case
def conv_lstm_both_ways(d):
    form = dict(data_format="channels_last", go_backwards=False)
    made = d.L.ConvLSTM2D(2, **settings(d, 2, **form))
    return d.chain(video(d, 2), d.L.Bidirectional(made, merge_mode=d.one("concat", "sum", "ave")))
