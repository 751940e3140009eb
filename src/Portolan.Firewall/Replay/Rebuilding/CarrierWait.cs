using System.Diagnostics;
using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>
/// Waits until interfaces can send: the kernel notices a carrier by and by (net/core/link_watch.c), and until then what is sent is lost.
/// </summary>
internal static class CarrierWait
{
    private const ushort NewLink = 16;
    private const ushort GetLink = 18;
    private const int HeaderSize = 16;
    private const uint Running = 0x40; // IFF_RUNNING

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Waits for all of them.</summary>
    /// <returns>Those that never came to it.</returns>
    internal static IReadOnlyCollection<int> For(INetlinkChannel channel, IEnumerable<int> interfaces, CancellationToken cancellationToken)
    {
        var waiting = new HashSet<int>(interfaces);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var request = new byte[NetlinkHeader.Size + HeaderSize];
            MemoryMarshal.Write(request, new NetlinkHeader { Type = GetLink, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
            new NetlinkDump(channel).Run(request, new FlagsReader(waiting), cancellationToken);
            if (waiting.Count == 0 || Stopwatch.GetElapsedTime(started) > Longest)
            {
                return waiting;
            }

            Thread.Sleep(Pause);
        }
    }

    private sealed class FlagsReader(HashSet<int> waiting) : INetlinkVisitor
    {
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type == NewLink && payload.Length >= HeaderSize && (MemoryMarshal.Read<uint>(payload[8..]) & Running) != 0)
            {
                waiting.Remove(MemoryMarshal.Read<int>(payload[4..]));
            }
        }
    }
}
