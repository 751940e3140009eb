using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Tcp.FastOpen;

/// <summary>What a cookie that a client brings is worth.</summary>
internal enum FastOpenVerdict : byte
{
    /// <summary>It is none of this host's, not this client's, or too old.</summary>
    Invalid,

    /// <summary>Good, of the key before: the client is given a new one.</summary>
    Old,

    Good,
}

/// <summary>
/// The cookies of a server (RFC 7413 section 4.1.2): a keyed hash of both addresses and of the time's step, so that nothing is kept for a
/// client. The step is as good as a key that changes by itself: a cookie is good in its own step and in the next.
/// </summary>
/// <param name="hash">The key of the hash; from a seed that a peer cannot know.</param>
/// <param name="step">How long a step is, at least a second.</param>
internal sealed class FastOpenCookies(SipHash hash, TimeSpan step)
{
    private readonly long _step = Math.Max(TcpTimings.Second, TcpTimings.Of(step));

    /// <summary>The cookie of a client now.</summary>
    internal FastOpenCookie Make(InternetAddress local, InternetAddress remote, Instant now) => new(Of(local, remote, StepAt(now)));

    /// <summary>What a cookie is worth. One of another length than this host's is invalid.</summary>
    internal FastOpenVerdict Judge(InternetAddress local, InternetAddress remote, FastOpenCookie cookie, Instant now)
    {
        var current = StepAt(now);
        return cookie.Equals(new FastOpenCookie(Of(local, remote, current))) ? FastOpenVerdict.Good
            : cookie.Equals(new FastOpenCookie(Of(local, remote, current - 1))) ? FastOpenVerdict.Old
            : FastOpenVerdict.Invalid;
    }

    private long StepAt(Instant now) => now.Nanoseconds / _step;

    private ulong Of(InternetAddress local, InternetAddress remote, long at) =>
        hash.Of([local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits, (ulong)at]);
}
