# ruff: noqa: D101, D102, D103, F841, RUF059, UP004
# fmt: off
"""The article's program, line by line as the article prints it, but for what says "Change".

    scripts/in_venv python scripts/article_program.py
    scripts/in_venv python scripts/article_program.py --condition rmsprop

prints the lines of the article's condition 1, gradient descent, or 2, RMSProp. The first run on a
machine compiles for some tens of seconds before it prints.

Changes 1 to 3 bring the program from Theano to Aesara. Change 4 is a setting that stood in Theano's
settings file, and change 5 is for today's NumPy. Layout and comments are the article's. With
--plain there is no compile_function (change 2) but aesara.function, and the digits are those of
this machine and no others.
"""

import _console  # before Aesara

# Change 1: Aesara, Theano's successor, by Theano's name.
import aesara as theano
import aesara.tensor as T
import numpy as np

# Change 2: compile_function in place of theano.function rounds every operation as it is written.
# Change 3: the two optimizers, which the article uses and does not print.
from simple_rnn import GradientDescentOptimizer, RMSPropOptimizer, compile_function


class simpleRNN(object):
    #   members:  slen  : state length
    #             w_x   : weight of input-->hidden layer
    #             w_rec : weight of recurrnce
    def __init__(self, slen, nx, nrec):
        self.len = slen
        self.w_x = theano.shared(
            np.asarray(np.random.uniform(-.1, .1, (nx)),
            dtype=theano.config.floatX)
        )
        self.w_rec = theano.shared(
            np.asarray(np.random.uniform(-.1, .1, (nrec)),
            dtype=theano.config.floatX)
        )

    def state_update(self, x_t, s0):
        # this is the network updater for simpleRNN
        def inner_fn(xv, s_tm1, wx, wr):
            s_t = xv * wx + s_tm1 * wr
            y_t = s_t

            return [s_t, y_t]

        w_x_vec = T.cast(self.w_x[0], 'float32')
        w_rec_vec = T.cast(self.w_rec[0], 'float32')

        [s_t, y_t], updates = theano.scan(fn=inner_fn,
                                    sequences=x_t,
                                    outputs_info=[s0, None],
                                    non_sequences=[w_x_vec, w_rec_vec]
                                   )
        return y_t


def main(arguments=None):
    parser = _console.option_parser(__doc__)
    parser.add_argument('--condition', choices=['gd', 'rmsprop'], default='gd')
    parser.add_argument('--plain', action='store_true', help='without change 2')
    options = parser.parse_args(arguments)
    condition = options.condition

    # Change 4: the article computes in float32. Aesara's default is float64.
    theano.config.floatX = 'float32'

    np.random.seed(seed=1)

    # Create Dataset by program
    num_samples = 20
    seq_len = 10

    trX = np.zeros((num_samples, seq_len))
    for row_idx in range(num_samples):
        trX[row_idx,:] = np.around(np.random.rand(seq_len)).astype(int)
    trY = np.sum(trX, axis=1)
    trX = trX.astype(np.float32)
    trX = trX.T                    # need 'List of vector' shape dataset
    trY = trY.astype(np.float32)
    # s0 is time-zero state
    s0np = np.zeros((num_samples), dtype=np.float32)

    # Tensor Declaration
    x_t = T.matrix('x_t')
    x = T.matrix('x')
    y_ = T.vector('y_')
    s0 = T.vector('s0')
    y_hypo = T.vector('y_hypo')

    net = simpleRNN(seq_len, 1, 1)
    y_t = net.state_update(x_t, s0)
    y_hypo = y_t[-1]
    loss = ((y_ - y_hypo) ** 2).sum()

    # Train Net Model
    params = [net.w_x, net.w_rec]
    optimizer = GradientDescentOptimizer(params, learning_rate=1.e-5)
    if condition == 'rmsprop':
        optimizer = RMSPropOptimizer(params, learning_rate=0.001)
    train_op = optimizer.minimize(loss)

    # Compile ... define theano.function
    function = theano.function if options.plain else compile_function  # Change 2
    train_model = function(
        inputs=[],
        outputs=[loss],
        updates=train_op,
        givens=[(x_t, trX), (y_, trY), (s0, s0np)],
        allow_input_downcast=True
    )

    n_epochs = 2001
    epoch = 0

    # Change 5: [0], here and at the end. NumPy warns where an array is formatted as a number.
    w_x_ini = (net.w_x).get_value()[0]
    w_rec_ini = (net.w_rec).get_value()[0]
    print('Initial weights: wx = %8.4f, wRec = %8.4f' \
                % (w_x_ini, w_rec_ini))

    while (epoch < n_epochs):
        epoch += 1
        loss = train_model()
        if epoch % 100 == 0:
            print('epoch[%5d] : cost =%8.4f' % (epoch, loss[0]))

    w_x_final = (net.w_x).get_value()[0]
    w_rec_final = (net.w_rec).get_value()[0]
    print('Final weights : wx = %8.4f, wRec = %8.4f' \
                % (w_x_final, w_rec_final))


if __name__ == '__main__':
    main()
