namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// When probes were sent, without a field for each: one time for each block of neighbouring positions, which are sent within microseconds.
/// At most 65,536 times are kept for each attempt.
/// </summary>
/// <remarks>Senders write, all read. A time has a grain of 10 microseconds and comes round after half a day.</remarks>
internal sealed class SendTimes
{
    private const long Grain = 10_000;
    private const int LeastShift = 4;

    private readonly uint[]?[] _blocks = new uint[]?[16];
    private readonly int _shift = LeastShift;
    private readonly int _count;

    public SendTimes(ulong positions)
    {
        while (positions >> _shift > 65_536)
        {
            _shift++;
        }

        _count = (int)(positions >> _shift) + 1;
    }

    /// <summary>Positions that share a time.</summary>
    public ulong BlockSize => 1UL << _shift;

    /// <summary>Makes room for an attempt, before any is noted.</summary>
    public void Begin(int attempt)
    {
        attempt = Math.Min(attempt, _blocks.Length - 1);
        _blocks[attempt] ??= new uint[_count];
    }

    /// <summary>Forgets an attempt that no caller waits for any more.</summary>
    public void Forget(int attempt)
    {
        if (attempt >= 0)
        {
            _blocks[Math.Min(attempt, _blocks.Length - 1)] = null;
        }
    }

    /// <summary>A position's probe is about to be sent.</summary>
    public void Note(int attempt, ulong position, long now) =>
        Volatile.Write(ref _blocks[Math.Min(attempt, _blocks.Length - 1)]![position >> _shift], PackUp(now));

    /// <summary>When the block of a position was last sent.</summary>
    /// <returns><c>false</c> when it was not.</returns>
    public bool TryRead(int attempt, ulong position, long now, out long sentAt)
    {
        sentAt = 0;
        if (_blocks[Math.Min(attempt, _blocks.Length - 1)] is not { } blocks
            || Volatile.Read(ref blocks[position >> _shift]) is not (var packed and not 0))
        {
            return false;
        }

        // Unsigned: right across the turn of the counter.
        sentAt = Math.Max(0, now - ((int)(Pack(now) - packed) * Grain));
        return true;
    }

    private static uint Pack(long now) => (uint)(now / Grain) is var packed and not 0 ? packed : 1;

    // Never before the probe was sent: what is sent as a trial of the pace begins is of that trial.
    private static uint PackUp(long now) => Pack(now + Grain - 1);
}
