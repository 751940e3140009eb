namespace Portolan.Scan.Pacing;

/// <summary>
/// The time between two probes to a host that limits its answers (Linux sends an ICMP error a second to each destination, FreeBSD 200
/// RSTs): doubled when answers are held back, and slowly shortened while they come.
/// </summary>
/// <remarks>Times are nanoseconds. Near an interval that was too short it stays for a while before it tries again.</remarks>
/// <param name="interval">The first.</param>
/// <param name="least">The shortest.</param>
/// <param name="most">The longest.</param>
/// <param name="losesFaster">Faster probes are lost, not only their answers held back: it stays nearly as slow as it had to become, and
/// tries again after seconds.</param>
public sealed class LimitedPace(long interval, long least, long most, bool losesFaster = false)
{
    private const double Backoff = 2;
    private const double Recovery = 0.95;
    private const double Near = 1.25;
    private const double Far = 1.9;
    private const double Forgetting = 0.995;

    // In nanoseconds of answers, after which a third is left of an interval that was too short, and of any interval: by then a loss has
    // shown.
    private const double Memory = 2e9;
    private const double Proof = 4e8;

    private readonly long _first = Math.Clamp(interval, least, most);
    private double _tooShort;

    /// <summary>From one probe to the next.</summary>
    public long Interval { get; private set; } = Math.Clamp(interval, least, most);

    /// <summary>It cannot become longer.</summary>
    public bool IsSlowest => Interval >= most;

    /// <summary>A probe was answered: so often is not too often.</summary>
    public void OnAnswer()
    {
        _tooShort *= losesFaster ? Math.Exp(-Interval / Memory) : Forgetting;
        var recovery = losesFaster ? Math.Max(Recovery, Math.Exp(-Interval / Proof)) : Recovery;
        Interval = Math.Min(Interval, Math.Clamp((long)Math.Max(Interval * recovery, _tooShort * (losesFaster ? Far : Near)), least, most));
    }

    /// <summary>A port that answers was asked and did not: so often is too often.</summary>
    public void OnHeldBack()
    {
        _tooShort = Math.Max(_tooShort, Interval);
        Interval = Math.Clamp((long)(Interval * Backoff), least, most);
    }

    /// <summary>What was held back was lost by chance: all that it said is forgotten.</summary>
    public void BeginAgain()
    {
        _tooShort = 0;
        Interval = _first;
    }
}
