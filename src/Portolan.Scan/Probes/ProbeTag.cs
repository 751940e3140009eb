namespace Portolan.Scan.Probes;

/// <summary>
/// What a probe says of itself in the few bits that come back with every reply: which attempt it is, or which control probe.
/// </summary>
/// <param name="Attempt">0 for the first probe of a port, up to <see cref="LastAttempt"/> (later ones say that too);
/// <see cref="ControlAttempt"/> for control probes.</param>
/// <param name="Control">Of a control probe: its number modulo 256. Else 0.</param>
public readonly record struct ProbeTag(byte Attempt, byte Control)
{
    /// <summary>The last attempt that is distinguished from those after it.</summary>
    public const int LastAttempt = 14;

    /// <summary>Marks a control probe: one to a port that has answered before.</summary>
    public const int ControlAttempt = 15;

    /// <summary>This is a control probe.</summary>
    public bool IsControl => Attempt == ControlAttempt;

    /// <summary>That of the first, second… probe of a port, counted from 0.</summary>
    public static ProbeTag ForAttempt(int attempt) => new((byte)Math.Min(attempt, LastAttempt), 0);

    /// <summary>That of a control probe.</summary>
    public static ProbeTag ForControl(uint number) => new(ControlAttempt, (byte)number);
}
