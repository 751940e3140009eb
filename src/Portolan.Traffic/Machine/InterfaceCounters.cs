using System.Globalization;
using Portolan.Linux.Proc;

namespace Portolan.Traffic.Machine;

/// <summary>What an interface received and sent since it was made (/proc/net/dev): bytes on the wire, headers included.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BytesIn">Bytes received.</param>
/// <param name="BytesOut">Bytes sent.</param>
/// <param name="PacketsIn">Packets received.</param>
/// <param name="PacketsOut">Packets sent.</param>
public sealed record InterfaceCounters(string Name, ulong BytesIn, ulong BytesOut, ulong PacketsIn, ulong PacketsOut)
{
    // Behind the name: eight columns received (bytes, packets, …), eight sent.
    private const int SentBytes = 8;

    /// <summary>Reads those of this network namespace; <c>null</c> where they cannot be read.</summary>
    public static IReadOnlyList<InterfaceCounters>? Read(string path = "/proc/thread-self/net/dev") =>
        KernelFile.Text(path) is { } text ? Parse(text) : null;

    /// <summary>Reads the text. Lines of another form are passed over.</summary>
    public static IReadOnlyList<InterfaceCounters> Parse(string text)
    {
        var found = new List<InterfaceCounters>();
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var columns = colon < 0 ? [] : line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length >= 2 * SentBytes && TryRead(columns[0], out var bytesIn) && TryRead(columns[1], out var packetsIn)
                && TryRead(columns[SentBytes], out var bytesOut) && TryRead(columns[SentBytes + 1], out var packetsOut))
            {
                found.Add(new InterfaceCounters(line[..colon].Trim(), bytesIn, bytesOut, packetsIn, packetsOut));
            }
        }

        return found;
    }

    /// <summary>What was added since an earlier reading; <c>null</c> where the interface was made anew.</summary>
    public InterfaceCounters? Since(InterfaceCounters earlier) =>
        BytesIn >= earlier.BytesIn && BytesOut >= earlier.BytesOut && PacketsIn >= earlier.PacketsIn && PacketsOut >= earlier.PacketsOut
            ? new InterfaceCounters(
                Name, BytesIn - earlier.BytesIn, BytesOut - earlier.BytesOut, PacketsIn - earlier.PacketsIn,
                PacketsOut - earlier.PacketsOut)
            : null;

    private static bool TryRead(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
