namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>
/// The words for states: RFC 9293's, those of ss and of netstat, and the groups of ss. Case, <c>-</c> and <c>_</c> do not count.
/// </summary>
public static class StateWords
{
    private const uint Listen = 1 << (int)SocketState.Listen;
    private const uint Closed = 1 << (int)SocketState.Closed;
    private const uint Unconnected = 1 << (int)SocketState.Unconnected;
    private const uint Bound = 1 << (int)SocketState.Bound;
    private const uint SynSent = 1 << (int)SocketState.SynSent;
    private const uint Bucket = (1 << (int)SocketState.SynReceived) | (1 << (int)SocketState.TimeWait);
    private const uint Connected = All & ~(Listen | Closed | Unconnected | Bound | (1 << (int)SocketState.Unknown));

    /// <summary>Every state, as a mask.</summary>
    public const uint All = 0x7fff & ~(1u << 12);

    /// <summary>The group <c>big</c> of ss: what the kernel keeps a whole socket for.</summary>
    internal const uint Big = All & ~Bucket;

    // The first word of a state is the one that is printed.
    private static readonly (string Word, uint States)[] Table =
    [
        ("established", 1 << (int)SocketState.Established), ("estab", 1 << (int)SocketState.Established),
        ("syn-sent", SynSent),
        ("syn-received", 1 << (int)SocketState.SynReceived), ("syn-recv", 1 << (int)SocketState.SynReceived),
        ("syn-rcv", 1 << (int)SocketState.SynReceived),
        ("fin-wait-1", 1 << (int)SocketState.FinWait1),
        ("fin-wait-2", 1 << (int)SocketState.FinWait2),
        ("time-wait", 1 << (int)SocketState.TimeWait),
        ("close-wait", 1 << (int)SocketState.CloseWait),
        ("last-ack", 1 << (int)SocketState.LastAck),
        ("listen", Listen), ("listening", Listen),
        ("closing", 1 << (int)SocketState.Closing),
        ("closed", Closed), ("close", Closed),
        ("bound", Bound), ("bound-inactive", Bound),
        ("unconnected", Unconnected), ("unconn", Unconnected),
        ("unknown", 1 << (int)SocketState.Unknown),
        ("all", All),
        ("connected", Connected),
        ("synchronized", Connected & ~SynSent),
        ("bucket", Bucket),
        ("big", Big),
    ];

    /// <summary>Every word, for suggestions and completions.</summary>
    public static IEnumerable<string> Words => Table.Select(static entry => entry.Word);

    /// <summary>Reads a word; gives a mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out uint states)
    {
        foreach (var (candidate, mask) in Table)
        {
            if (Same(word, candidate))
            {
                states = mask;
                return true;
            }
        }

        states = 0;
        return false;
    }

    /// <summary>The states of a mask as a list of words.</summary>
    internal static string Print(uint states)
    {
        if (states == All)
        {
            return "all";
        }

        var words = new List<string>();
        foreach (var (word, mask) in Table)
        {
            if (uint.IsPow2(mask) && (states & mask) != 0)
            {
                words.Add(word);
                states &= ~mask;
            }
        }

        return string.Join(',', words);
    }

    // fin-wait-1, FIN_WAIT1 (netstat) and FIN-WAIT-1 (RFC 9293) are one word.
    private static bool Same(ReadOnlySpan<char> word, ReadOnlySpan<char> candidate)
    {
        var j = 0;
        foreach (var c in word)
        {
            if (c is '-' or '_')
            {
                continue;
            }

            while (j < candidate.Length && candidate[j] == '-')
            {
                j++;
            }

            if (j == candidate.Length || char.ToLowerInvariant(c) != candidate[j])
            {
                return false;
            }

            j++;
        }

        return j == candidate.Length && j > 0;
    }
}
