"""A rating at the top of the scale, taken as "this or more".

What stands above the end of the scale cannot be seen; a rating there says only that the person's
answer, on a scale without an end, would have been at least that. The level is then one of such a
scale and may lie above the end.
"""

from __future__ import annotations

import math

_FAR = 8.0


def ceiling_step(
    level: float, variance: float, scale: float, rating: float, noise: float, drift: float
) -> tuple[float, float, float, float]:
    """Take a rating at the top of the scale into a level.

    The level's mean and variance are those of a normal level given that the rating is at least the
    end of the scale. The client's spread learns nothing from it.

    Parameters
    ----------
    level, variance, scale
        Level so far, its variance in units of ``scale``, the client's own spread.
    rating
        The top of the scale.
    noise, drift
        Variance of the measurement error, and what the level gained since the last rating.

    Returns
    -------
    tuple of float
        New level and variance; the surprise expected behind the rating; the SD of the forecast.

    References
    ----------
    Tobin, J. (1958). Estimation of relationships for limited dependent variables. *Econometrica,
    26*(1), 24-36.

    Allik, B., Miller, C., Piovoso, M. J., & Zurakowski, R. (2016). The Tobit Kalman filter: An
    estimator for censored measurements. *IEEE Transactions on Control Systems Technology, 24*(1),
    365-371.

    Examples
    --------
    >>> level, variance, surprise, _ = ceiling_step(10.0, 0.2, 1.0, 10.0, 0.25, 0.09)
    >>> round(level, 3), round(variance, 3), round(surprise, 3)
    (10.315, 0.191, 0.798)
    """
    predicted = variance + drift
    total = predicted + noise
    forecast_sd = math.sqrt(scale * total)
    below = (rating - level) / forecast_sd
    if below > _FAR:
        hazard = below + 1.0 / below
    else:
        density = math.exp(-0.5 * below * below) / math.sqrt(2.0 * math.pi)
        hazard = density / (0.5 * math.erfc(below / math.sqrt(2.0)))
    gain = predicted / total
    new_variance = predicted - gain * gain * total * hazard * (hazard - below)
    return level + gain * forecast_sd * hazard, new_variance, hazard, forecast_sd
