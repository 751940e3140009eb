using Portolan.Model;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Reassembly;

/// <summary>One fragment that is kept. Used again and again.</summary>
internal sealed class KeptFragment
{
    internal PacketHandle Buffer { get; set; }

    internal int Start { get; set; }

    internal int End { get; set; }

    /// <summary>Where the data starts in the buffer.</summary>
    internal int DataOffset { get; set; }

    internal KeptFragment? Next { get; set; }
}

/// <summary>What is there of one packet. Used again and again.</summary>
internal sealed class PendingPacket
{
    internal FragmentKey Key { get; set; }

    internal InternetAddress Source { get; set; }

    internal InternetAddress Destination { get; set; }

    internal TimeSpan Deadline { get; set; }

    internal SourceUse Owner { get; set; } = null!;

    /// <summary>The fragments, ascending.</summary>
    internal KeptFragment? First { get; set; }

    internal KeptFragment? Last { get; set; }

    internal int Count { get; set; }

    /// <summary>Bytes of data there are.</summary>
    internal int Received { get; set; }

    /// <summary>Where the data ends; -1 until the last fragment came.</summary>
    internal int Total { get; set; }

    internal long Charge { get; set; }

    /// <summary>It was given up; further fragments are swallowed until its time is over.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>A bit for each ECN value seen.</summary>
    internal int EcnSeen { get; set; }

    /// <summary>Of the first fragment: the length of its headers, and its next header field and value.</summary>
    internal int HeaderLength { get; set; }

    internal int NextHeaderOffset { get; set; }

    internal byte NextHeader { get; set; }

    internal int FirstLength { get; set; }

    /// <summary>Bytes of the longest fragment, headers included.</summary>
    internal int Longest { get; set; }

    internal bool HasFirst => First is { Start: 0 };

    internal PendingPacket? Older { get; set; }

    internal PendingPacket? Newer { get; set; }

    internal PendingPacket? OlderOfSource { get; set; }

    internal PendingPacket? NewerOfSource { get; set; }
}

/// <summary>What is held for one source.</summary>
internal sealed class SourceUse
{
    internal SourceKey Key { get; set; }

    internal long Charge { get; set; }

    internal PendingPacket? Oldest { get; set; }

    internal PendingPacket? Newest { get; set; }
}
