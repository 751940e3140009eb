using System.Globalization;

namespace Portolan.Linux.Proc;

/// <summary>
/// Packets that an interface did not take from programs of this host, because the reader that empties its queue was too slow
/// (<c>/proc/net/dev</c>).
/// </summary>
public static class InterfaceDrops
{
    /// <summary>Where the count stands behind the name: eight columns of what was received, then bytes, packets and errors sent.</summary>
    private const int Column = 11;

    /// <summary>How many, since the interface was made; <c>null</c> when it cannot be read.</summary>
    public static long? Read(string interfaceName)
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/thread-self/net/dev"))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(interfaceName))
                {
                    var columns = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    return columns.Length > Column
                        && long.TryParse(columns[Column], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A container may hide it.
        }

        return null;
    }
}
