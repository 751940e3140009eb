namespace Portolan.Scan.Pacing;

/// <summary>
/// Judges a rate by what is lost of control probes over several trials: all of them should be answered, so a rate that was too high from
/// the very beginning shows too. Half the rate is tried; when it loses clearly less, the rate was to blame, else the loss is the network's
/// own and is expected from then on.
/// </summary>
public sealed class ControlWindow
{
    private const double Enough = 32;
    private const double MuchMore = 0.2;
    private const double ClearlyLess = 0.7;

    private AnswerShare _controls;
    private double _own;
    private double _before;
    private double _rate;

    /// <summary>While half the rate is tried, no more than this; else as much as anyone likes.</summary>
    public double Most { get; private set; } = double.MaxValue;

    /// <summary>A rate that was found to lose; 0 for none.</summary>
    public double TooFast { get; private set; }

    /// <summary>Takes the control probes of a trial.</summary>
    /// <param name="trial">The trial.</param>
    /// <returns>The rate to go on with, or <c>null</c> when this says nothing.</returns>
    public double? Take(RateTrial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        _controls += trial.Controls;
        if (_controls.Sent < Enough)
        {
            return null;
        }

        var lost = 1 - _controls.Value;
        _controls = default;
        if (Most < double.MaxValue && lost > _before * ClearlyLess)
        {
            (_own, Most) = (Math.Max(_own, lost), double.MaxValue);
            return _rate;
        }

        TooFast = Most < double.MaxValue ? _rate : TooFast;
        if (lost <= _own + MuchMore)
        {
            Most = double.MaxValue;
            return null;
        }

        (_before, _rate, Most) = (lost, trial.Rate, trial.Rate / 2);
        return Most;
    }
}
