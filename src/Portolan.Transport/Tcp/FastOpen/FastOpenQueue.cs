namespace Portolan.Transport.Tcp.FastOpen;

/// <summary>
/// How many connections of a listener may be open by a cookie alone, their handshake not yet done (RFC 7413 section 5.1). One that is reset
/// counts for a while longer: the hosts in whose names an attacker sends answer SYN-ACK with RST, and must not make room for the next.
/// </summary>
/// <param name="limit">The most.</param>
internal sealed class FastOpenQueue(int limit)
{
    /// <summary>How long one that was reset counts, as with Linux.</summary>
    private static readonly TimeSpan ResetCounts = TimeSpan.FromMinutes(1);

    private readonly Queue<Instant> _reset = new();

    /// <summary>Connections whose handshake is not done.</summary>
    internal int Pending { get; private set; }

    /// <summary>Those that were reset and still count.</summary>
    internal int ResetCount => _reset.Count;

    /// <summary>Whether one more may begin.</summary>
    internal bool HasRoom(Instant now)
    {
        while (_reset.TryPeek(out var until) && until <= now)
        {
            _reset.Dequeue();
        }

        return Pending + _reset.Count < limit;
    }

    /// <summary>One has begun.</summary>
    internal void Begin() => Pending++;

    /// <summary>The handshake of one is done, or it has ended without.</summary>
    internal void End(bool isReset, Instant now)
    {
        Pending--;
        if (isReset)
        {
            _reset.Enqueue(now + ResetCounts);
        }
    }
}
