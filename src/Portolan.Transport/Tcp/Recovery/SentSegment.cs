using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Recovery;

/// <summary>What is known of a segment that is not acknowledged.</summary>
[Flags]
internal enum SentFlags : byte
{
    /// <summary>Sent once.</summary>
    None = 0,

    /// <summary>Acknowledged selectively.</summary>
    Sacked = 1,

    /// <summary>Thought lost.</summary>
    Lost = 2,

    /// <summary>Sent again, and that copy is thought to be on its way.</summary>
    Resent = 4,

    /// <summary>Sent more than once at some time.</summary>
    EverResent = 8,

    /// <summary>Sent together with the one before it, in one super-segment.</summary>
    Joined = 16,
}

/// <summary>A segment that was sent and is not acknowledged (the transmission record of RFC 8985 section 5.2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SentSegment
{
    /// <summary>When it was sent last, nanoseconds.</summary>
    internal long SentAt;

    /// <summary>SEG.SEQ.</summary>
    internal SequenceNumber Sequence;

    /// <summary>SEG.LEN, with FIN.</summary>
    internal int Length;

    /// <summary>From a sacked segment: how many further on the next one may be that is not. A shortcut, at least 1 when read.</summary>
    internal int Skip;

    internal SentFlags Flags;

    internal readonly SequenceNumber End => Sequence + (uint)Length;

    internal readonly bool Has(SentFlags flags) => (Flags & flags) != 0;
}
