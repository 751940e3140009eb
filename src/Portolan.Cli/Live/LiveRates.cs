using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Live;

/// <summary>Payload bytes each second of a port's connections.</summary>
/// <param name="In">Received.</param>
/// <param name="Out">Sent.</param>
internal readonly record struct LiveRate(double In, double Out);

/// <summary>
/// Rates of TCP ports between two looks, from the kernel's own counters of each connection (tcp_info). What a connection carried after the
/// last look that saw it is not in them, so they are lower bounds; <c>portolan traffic</c> counts that too.
/// </summary>
internal sealed class LiveRates
{
    private Dictionary<ulong, (ulong In, ulong Out)> _before = [];
    private Dictionary<(ulong Namespace, ushort Port), LiveRate> _rates = [];
    private DateTimeOffset? _at;

    /// <summary>Takes a look.</summary>
    public void Take(LiveLook look)
    {
        var sockets = look.Facts.Snapshot.Sockets;
        var now = new Dictionary<ulong, (ulong In, ulong Out)>(_before.Count);
        var sums = new Dictionary<(ulong Namespace, ushort Port), LiveRate>();
        var seconds = _at is { } before ? (look.At - before).TotalSeconds : 0;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.Protocol != SocketProtocol.Tcp || entry.TcpDetailsIndex < 0 || entry.State == SocketState.Listen)
            {
                continue;
            }

            ref readonly var details = ref sockets.TcpDetails[entry.TcpDetailsIndex];
            now[entry.Cookie] = (details.BytesReceived, details.BytesSent);
            if (seconds > 0)
            {
                var known = _before.GetValueOrDefault(entry.Cookie);
                var key = (look.Facts.Snapshot.Namespaces[entry.NamespaceIndex].Inode, entry.LocalPort);
                var sum = sums.GetValueOrDefault(key);
                sums[key] = new LiveRate(
                    sum.In + (Since(details.BytesReceived, known.In) / seconds), sum.Out + (Since(details.BytesSent, known.Out) / seconds));
            }
        }

        (_before, _rates) = (now, sums);
        _at = look.At;
        HasRates = seconds > 0;
    }

    /// <summary>Whether there were two looks.</summary>
    public bool HasRates { get; private set; }

    /// <summary>The rate of a row; <c>null</c> where it is not counted: not TCP, gone, or no second look yet.</summary>
    public LiveRate? Of(LiveRow row) =>
        HasRates && row is { Mark: not LiveMark.Gone, Row: { Protocol: TransportProtocol.Tcp, BytesIn: not null } }
            ? _rates.GetValueOrDefault((row.Key.Namespace, row.Key.Port))
            : null;

    // A counter may fall when retransmitted bytes are subtracted later.
    private static ulong Since(ulong now, ulong before) => now > before ? now - before : 0;
}
