using System.Buffers.Text;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// Counters of /proc/net/netstat that tell of packets lost inside (Documentation/networking/snmp_counter.rst). Of the namespace, since it
/// began.
/// </summary>
public sealed record NetworkCounters
{
    /// <summary>Connections dropped for a full accept queue (TcpExt ListenOverflows); <c>null</c> when not known.</summary>
    public ulong? ListenOverflows { get; init; }

    /// <summary>Packets dropped by the check of senders (TcpExt IPReversePathFilter); <c>null</c> when not known.</summary>
    public ulong? ReversePathDrops { get; init; }

    /// <summary>Reads the text of the file: pairs of lines, names and numbers. What is not there stays unknown.</summary>
    public static NetworkCounters Parse(ReadOnlySpan<byte> text)
    {
        var counters = new NetworkCounters();
        var lines = text;
        while (!lines.IsEmpty)
        {
            var names = NextLine(ref lines);
            var numbers = NextLine(ref lines);
            if (names.StartsWith("TcpExt:"u8) && numbers.StartsWith("TcpExt:"u8))
            {
                counters = new NetworkCounters
                {
                    ListenOverflows = Find(names, numbers, "ListenOverflows"u8),
                    ReversePathDrops = Find(names, numbers, "IPReversePathFilter"u8),
                };
            }
        }

        return counters;
    }

    private static ulong? Find(ReadOnlySpan<byte> names, ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> wanted)
    {
        while (!names.IsEmpty && !numbers.IsEmpty)
        {
            var name = NextWord(ref names);
            var number = NextWord(ref numbers);
            if (name.SequenceEqual(wanted))
            {
                return Utf8Parser.TryParse(number, out ulong value, out _) ? value : null;
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text) => Next(ref text, (byte)'\n');

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> text) => Next(ref text, (byte)' ');

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> text, byte end)
    {
        var at = text.IndexOf(end);
        var part = at < 0 ? text : text[..at];
        text = at < 0 ? default : text[(at + 1)..];
        return part;
    }
}
