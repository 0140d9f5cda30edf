"""Tests by what they look at: one that sees another's mistake again names it, and is not charged (see `follows`)."""

RELU = (
    "test_relu_forward",
    "test_relu_backward",
    "test_relu_of_fresh_arrays",
    "test_relu_backward_of_fresh_arrays",
)
SOFTMAX = (
    "test_softmax_forward",
    "test_softmax_backward",
    "test_softmax_of_fresh_scores",
    "test_softmax_backward_of_fresh_scores",
    "test_softmax_of_extreme_scores",
)
CROSS_ENTROPY = (
    "test_cross_entropy_forward",
    "test_cross_entropy_backward",
    "test_cross_entropy_of_fresh_predictions",
    "test_cross_entropy_gradient_of_fresh_predictions",
)
DENSE_FORWARD = ("test_dense_forward_by_hand", "test_dense_forward_of_fresh_numbers")
DENSE_LINEAR, DENSE_CHECK = "test_dense_backward_of_a_linear_layer", "test_dense_gradient_check"
DENSE_TANH, DENSE_ARCTAN = (
    "test_dense_weight_gradient_through_tanh",
    "test_dense_input_gradient_through_arctan",
)
DENSE_BACKWARD = (
    DENSE_LINEAR,
    DENSE_CHECK,
    "test_dense_weight_gradient_by_hand",
    "test_dense_bias_gradient_by_hand",
    DENSE_TANH,
    DENSE_ARCTAN,
)
# One of these passes where not all of the backward pass is wrong.
DENSE_EVIDENCE = (DENSE_CHECK, DENSE_LINEAR, DENSE_TANH, DENSE_ARCTAN)
DENSE_START = (
    "test_dense_initialisation",
    "test_dense_weights_come_from_init_weights",
    "test_dense_parameters_stay",
)
CONV_BY_HAND = "test_conv_forward_by_hand"
CONV_FORWARD = (
    CONV_BY_HAND,
    "test_conv_forward_without_padding",
    "test_conv_forward_with_stride",
    "test_conv_forward_of_fresh_images",
    "test_conv_forward_with_unused_rows",
)
CONV_CHECK = "test_conv_gradient_check"
CONV_LINEAR = ("test_conv_parameter_gradients_by_hand", "test_conv_input_gradient_by_hand")
CONV_TANH = ("test_conv_weight_gradient_through_tanh", "test_conv_input_gradient_through_tanh")
CONV_EVIDENCE = (CONV_CHECK, *CONV_LINEAR, *CONV_TANH)  # as above
CONV_BACKWARD = (*CONV_LINEAR, CONV_CHECK, *CONV_TANH, "test_conv_bias_gradient_through_tanh")
POOL_FORWARD = (
    "test_max_pooling_by_hand",
    "test_average_pooling_by_hand",
    "test_max_pooling_of_fresh_images",
    "test_padding_counts_in_max_pooling",
    "test_average_pooling_of_fresh_images",
)
POOL_CHECK = "test_pool_gradient_check"
POOL_BY_HAND = "test_max_pooling_backward_by_hand"
POOL_OVERLAP = "test_max_pooling_backward_of_overlapping_windows"
POOL_AVERAGE = "test_average_pooling_backward_of_fresh_images"
POOL_EVIDENCE = (POOL_CHECK, POOL_BY_HAND, POOL_AVERAGE)  # as above
POOL_BACKWARD = (POOL_BY_HAND, POOL_OVERLAP, POOL_AVERAGE, "test_max_pooling_backward_with_padding")
NETWORK_FORWARD, NETWORK_BACKWARD = (
    "test_forward_runs_every_layer",
    "test_backward_gives_every_layer_its_gradient",
)
NETWORK_LOSS = "test_backward_returns_the_loss"
NETWORK = (NETWORK_FORWARD, NETWORK_BACKWARD, NETWORK_LOSS, "test_predict_returns_output_and_loss")
DENSE = (*DENSE_START, *DENSE_FORWARD, *DENSE_BACKWARD)
PIECES = (*RELU, *SOFTMAX, *CROSS_ENTROPY, *DENSE)  # of a dense network
