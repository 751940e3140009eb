namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// How many attempts a worker keeps in flight: few at first, one more for each answer (so it doubles with each round trip), half when
/// attempts are lost on the way. Silence alone is no loss: firewalls are silent; it lets the number grow a little, or a silent host would
/// take for ever.
/// </summary>
internal sealed class ConnectWindow
{
    private const double First = 32;
    private const double MostForSilence = 512;
    private readonly double _least;
    private readonly double _most;
    private double _size;

    /// <summary>Makes a window.</summary>
    /// <param name="least">Never fewer, at least 1.</param>
    /// <param name="most">Never more: what the connector holds, or the person said.</param>
    public ConnectWindow(int least, int most)
    {
        _most = Math.Max(1, most);
        _least = Math.Clamp(least, 1, _most);
        _size = Math.Clamp(First, _least, _most);
    }

    /// <summary>Attempts that may be in flight.</summary>
    public int Size => (int)_size;

    /// <summary>An answer came.</summary>
    public void Grow() => _size = Math.Min(_most, _size + 1);

    /// <summary>A time ran out on a target that may just be silent.</summary>
    public void GrowSlowly() => _size = Math.Min(Math.Max(_size, Math.Min(MostForSilence, _most)), _size + 0.5);

    /// <summary>Attempts were lost that should have been answered.</summary>
    public void Shrink() => _size = Math.Max(_least, _size / 2);

    /// <summary>This host has no room for more now.</summary>
    public void LimitTo(int inFlight) => _size = Math.Max(1, Math.Min(_size, inFlight));
}
